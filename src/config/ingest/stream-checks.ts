/** The rules of `settings.ingest.stream` that concern several keys, and the check for a configured feed. */
import { object, type Raw } from '../raw.ts';
import type { Problem } from '../../lib/problem.ts';
import { streamSchema } from './common.ts';

const FEEDS = ['mqtt', 'i3', 'egress', 'iotopen', 'seneye'] as const;

/** Keys that apply only to a stream that the driver creates. */
const OF_NEW_STREAMS = ['maxAgeMs', 'maxBytes', 'replicas', 'storage'] as const;

const STREAM = 'settings.ingest.stream';

/** Checks `settings.ingest` in its raw form, so that its problems are reported together with schema problems. */
export function streamChecks(ingest: Raw): { problems: Problem[]; warnings: Problem[] } {
  const stream = object(ingest.stream);
  return { problems: windows(stream), warnings: doubtful(stream) };
}

/** True if no feed is configured. */
export const hasNoFeed = (ingest: Raw): boolean =>
  FEEDS.every((kind) => ingest[kind] === undefined || (Array.isArray(ingest[kind]) && ingest[kind].length === 0));

/** Values that the server would refuse, or with which resent messages would be stored twice. */
function windows(raw: Raw): Problem[] {
  // Uses the default of an absent key. Undefined if the value itself is invalid.
  const { duplicateWindowMs, maxAgeMs, ackTimeoutMs } = streamSchema.shape;
  const window = duplicateWindowMs.safeParse(raw.duplicateWindowMs).data;
  const age = maxAgeMs.safeParse(raw.maxAgeMs).data;
  const timeout = ackTimeoutMs.safeParse(raw.ackTimeoutMs).data;
  if (window === undefined || raw.mode === 'core') return [];
  const problems: Problem[] = [];
  if (raw.create === true && age !== undefined && age > 0 && age < window) {
    const message = `must be 0 or at least ${STREAM}.duplicateWindowMs, which is ${window}; the server takes no stream that forgets sooner`;
    problems.push({ path: `${STREAM}.maxAgeMs`, message, value: String(age) });
  }
  if (timeout !== undefined && timeout >= window) {
    const message = `must be less than ${STREAM}.duplicateWindowMs, which is ${window}; else a reading that is sent again stands in the stream twice`;
    problems.push({ path: `${STREAM}.ackTimeoutMs`, message, value: String(timeout) });
  }
  return problems;
}

/** Keys without effect, or with which readings can be lost. */
function doubtful(raw: Raw): Problem[] {
  const keys = Object.keys(raw).filter((key) => key !== 'mode' && Object.hasOwn(streamSchema.shape, key));
  if (raw.mode === 'core') {
    return keys.map((key) => ({ path: `${STREAM}.${key}`, message: 'has no effect with mode core' }));
  }
  if (raw.create === true) {
    const message = 'is memory: readings that were acknowledged are lost when the NATS server restarts';
    return raw.storage === 'memory' ? [{ path: `${STREAM}.storage`, message }] : [];
  }
  return keys
    .filter((key) => OF_NEW_STREAMS.some((one) => one === key))
    .map((key) => ({ path: `${STREAM}.${key}`, message: 'has no effect without create: true' }));
}
