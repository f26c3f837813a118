/** The time ranges in which a signal has no value: its gaps, and the surroundings of its bad samples. */
import { DriverError } from '../../../contract/errors.ts';
import { compareStarts, formatInstant, type Nanoseconds, parseInstant } from '../../../contract/time/instant.ts';
import type { TimeRange } from '../../../contract/time/time.ts';
import { inParallel } from '../../../lib/in-parallel.ts';
import { answerOf, filledText, isObject, listIn, objectOf, optionalCount } from '../../../net/json-fields.ts';
import type { SourceCall, Timeframe } from '../../source.ts';
import { pageBytes } from '../connection/body-limits.ts';
import { hasNumericKeys, optionalTime } from './capsule-pages.ts';
import { mustLeadOn } from '../paging.ts';
import { mustHaveRun, parseWithKeys } from './samples.ts';
import { type Operation, type SeeqServer, shareKey } from '../connection/server.ts';

export interface ValidRange {
  start: Nanoseconds;
  end: Nanoseconds;
}

export interface Validity {
  /** Ascending. */
  without: ValidRange[];
  /** Where it is unknown: there are too many ranges, or the server does not report them. */
  unknown: ValidRange[];
}

interface DecodedCapsules {
  /** Ascending by start, those without a start first. */
  capsules: Pick<Timeframe, 'start' | 'end'>[];
  /** The server's page limit. */
  limit: number | undefined;
  continuationToken: string | undefined;
}

/** A condition that is true as long as the signal has any value. */
const FORMULA = '($signal * 0) < 1';

/** Samples in one part of the range, which one call processes, and the largest number of parts. */
const PART_SAMPLES = 250_000;
const MOST_PARTS = 32;
const PARTS_AT_ONCE = 2;
/** Most capsules that are read for one part. */
const PAGE = 2500;

/** @param samples expected number of samples in the range */
export async function readValidity(
  server: SeeqServer,
  id: string,
  { start, end }: TimeRange,
  samples: number,
  call: SourceCall,
): Promise<Validity> {
  const count = Math.min(MOST_PARTS, Math.max(1, Math.ceil(samples / PART_SAMPLES)));
  const border = (n: number): Nanoseconds => start + ((end - start) * BigInt(n)) / BigInt(count);
  const parts = Array.from({ length: count }, (_unused, n) => ({ start: border(n), end: border(n + 1) }));
  const found = await inParallel(parts, PARTS_AT_ONCE, (part) => readPart(server, id, part, call));
  return { without: found.flatMap(({ without }) => without), unknown: found.flatMap(({ unknown }) => unknown) };
}

async function readPart(server: SeeqServer, id: string, part: TimeRange, call: SourceCall): Promise<Validity> {
  const without: ValidRange[] = [];
  let valid = part.start;
  let count = 0;
  let continuationToken: string | undefined;
  do {
    const asked = continuationToken;
    const decoded = await page(server, id, part, asked, call);
    if (decoded === undefined) return { without: [], unknown: [part] };
    const { capsules, limit } = decoded;
    continuationToken = decoded.continuationToken;
    count += capsules.length;
    mustLeadOn(server.name, asked, continuationToken, capsules.length > 0);
    for (const { start, end } of capsules) {
      const from = start === undefined ? part.start : (parseInstant(start) ?? part.start);
      const to = end === undefined ? part.end : (parseInstant(end) ?? part.end);
      if (from >= part.end) break;
      if (from > valid) without.push({ start: valid, end: from });
      if (to > valid) valid = to;
    }
    // A server before R63 returns no token: a full page may be incomplete.
    const isFull = continuationToken === undefined && capsules.length > 0 && capsules.length >= (limit ?? PAGE);
    if (isFull || (continuationToken !== undefined && count >= PAGE)) {
      return { without, unknown: valid < part.end ? [{ start: valid, end: part.end }] : [] };
    }
  } while (continuationToken !== undefined);
  if (valid < part.end) without.push({ start: valid, end: part.end });
  return { without, unknown: [] };
}

/** One page. Undefined if the server cannot compute it. */
async function page(
  server: SeeqServer,
  id: string,
  range: TimeRange,
  continuationToken: string | undefined,
  call: SourceCall,
): Promise<DecodedCapsules | undefined> {
  const query = {
    formula: FORMULA,
    parameters: [`signal=${id}`],
    start: formatInstant(range.start),
    end: formatInstant(range.end),
    timeFormat: 'ISO8601' as const,
    limit: PAGE,
    ...(continuationToken === undefined ? {} : { continuationToken }),
  };
  const operation: Operation<string> = (client, signal) =>
    client.GET('/formulas/run', { params: { query }, parseAs: 'text', signal });
  const options = { share: shareKey('run', query), limitBytes: pageBytes('capsule', PAGE) };
  try {
    return await server.askFor(call, operation, decodeCapsules, options);
  } catch (thrown) {
    if (thrown instanceof DriverError && thrown.code === 'sourceError') return undefined;
    throw thrown;
  }
}

/** A page of `/formulas/run`, for a formula with a condition as its result. @throws UnexpectedJson */
function decodeCapsules(text: string): DecodedCapsules {
  const body = answerOf(parseWithKeys(text, (parsed) => isObject(parsed) && hasNumericKeys(parsed.capsules)));
  mustHaveRun(body);
  const found = objectOf(body.capsules, '"capsules"');
  const capsules = listIn(found, 'capsules').map((entry) => {
    const capsule = objectOf(entry, 'an entry of "capsules"');
    return { start: optionalTime(capsule.start), end: optionalTime(capsule.end) };
  });
  return {
    capsules: capsules.sort((a, b) => compareStarts(a.start, b.start)),
    limit: optionalCount(found, 'limit'),
    continuationToken: filledText(found, 'continuationToken'),
  };
}
