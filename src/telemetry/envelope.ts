/** What every message about the driver begins with. */
import type { TelemetryHead } from '../contract/telemetry.ts';
import { TELEMETRY_VERSION } from '../contract/telemetry.ts';

/** Who publishes; known when the process starts. */
export interface Identity {
  driverid: string | undefined;
  instance: string;
  version: string;
  reqtopic: string;
}

/** The head of a message made at the given time, now if none is given. */
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
