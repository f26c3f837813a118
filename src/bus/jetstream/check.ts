/** The connection test of the stream for readings. It changes nothing, also if the driver may create the stream. */
import type { NatsConnection } from 'nats';
import type { PartsReport } from '../../checks/check.ts';
import { checkStream, type StreamRequirements } from './stream-monitor.ts';

export async function checkStreamFor(
  nc: NatsConnection,
  requirements: StreamRequirements,
  report: PartsReport,
): Promise<void> {
  const { create } = requirements;
  const found = await report.within(() => checkStream(nc, { ...requirements, create: false }, { state: 'unknown' }));
  const { state, message = '', isMissing = false } = found;
  const problem = { message, reason: isMissing ? 'missing' : state };
  if (state === 'ok') report.ok('stream', 'it accepts the readings');
  else if (isMissing && create !== false) {
    report.warning('stream', {
      ...problem,
      message: 'It does not exist yet. The driver creates it (settings.ingest.stream.create).',
    });
  } else if (state === 'unavailable') report.failed('stream', problem);
  else report.warning('stream', problem);
}
