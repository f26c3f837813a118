/** The common head of all telemetry messages. */
import type { TelemetryHead } from '../contract/telemetry-parts.ts';
import { TELEMETRY_VERSION } from '../contract/telemetry-parts.ts';

/** The publishing process. Known at its start. */
export interface Identity {
  driverid: string | undefined;
  instance: string;
  version: string;
  reqtopic: string;
}

/** The head of a message with the given time. Default: now. */
export function envelopeOf(identity: Identity, time: string = new Date().toISOString()): TelemetryHead {
  const { driverid = null, instance, version, reqtopic } = identity;
  return {
    schema: TELEMETRY_VERSION,
    driver: 'iota-seeqdrv',
    type: 'seeq',
    driverid,
    instance,
    version,
    reqtopic,
    time,
  };
}
