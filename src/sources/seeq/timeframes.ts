/** Reading the capsules of a condition. */
import { DriverError } from '../../contract/errors.ts';
import { compareUtc, formatInstant } from '../../contract/instant.ts';
import type { TimeRange } from '../../contract/time.ts';
import type { SourceCall, Timeframe } from '../source.ts';
import { propertyValue } from './hits.ts';
import { UnreadableReply } from './reply.ts';
import { parseWithKeys, toTime } from './samples.ts';
import type { components } from './seeq-api.generated.ts';
import { type Operation, type SeeqServer, shareKey } from './server.ts';

type Capsule = components['schemas']['CapsuleV1'];
type CapsulesBody = components['schemas']['CapsulesOutputV1'];

/** Capsules in one call; a page must hold all capsules with an equal start, or the server refuses to page. */
const PAGE = 5000;

/** Pages of capsules that overlap the range, ascending by start; one without a start comes first. */
export async function* readTimeframes(
  server: SeeqServer,
  conditionId: string,
  range: TimeRange,
  call: SourceCall,
): AsyncGenerator<Timeframe[]> {
  const query = {
    start: formatInstant(range.start),
    end: formatInstant(range.end),
    limit: PAGE,
    timeFormat: 'ISO8601' as const,
  };
  let continuationToken: string | undefined;
  let last: Timeframe | undefined;
  do {
    const token = continuationToken;
    const operation: Operation<string> = (client, signal) =>
      client.GET('/conditions/{id}/capsules', {
        params: {
          path: { id: conditionId },
          query: { ...query, ...(token === undefined ? {} : { continuationToken: token }) },
        },
        parseAs: 'text',
        signal,
      });
    const { page, next, limit } = await server.askFor(call, operation, decodeTimeframes, {
      share: shareKey('capsules', conditionId, query, token),
    });
    const most = Math.min(PAGE, limit);
    if (page.length > 0 && page.length >= most && next === undefined) throw cannotPage(server.name, most);
    continuationToken = next;
    const [first] = page;
    if (last && first && byStart(last, first) > 0) {
      throw new DriverError('sourceError', `Server "${server.name}" gave timeframes out of order.`);
    }
    last = page.at(-1) ?? last;
    yield page;
  } while (continuationToken !== undefined);
}

/** A page of `GET /conditions/{id}/capsules`. */
function decodeTimeframes(text: string): { page: Timeframe[]; next: string | undefined; limit: number } {
  const body = parseWithKeys(text, hasNumericKeys) as Partial<CapsulesBody> | null;
  const capsules = body?.capsules;
  if (!Array.isArray(capsules)) throw new UnreadableReply('its answer holds no list of capsules');
  const token = body?.continuationToken;
  return {
    page: capsules.map(toTimeframe).sort(byStart),
    next: typeof token === 'string' && token !== '' ? token : undefined,
    // A server may give fewer than asked for.
    limit: body?.limit ?? PAGE,
  };
}

function toTimeframe(capsule: Capsule): Timeframe {
  const start = optionalTime(capsule.start);
  const end = optionalTime(capsule.end);
  const attributes: Timeframe['attributes'] = {};
  for (const property of capsule.properties ?? []) attributes[property.name] = propertyValue(property);
  return {
    // Where the server gives no id (or null), start and end are the identity.
    id: typeof capsule.id === 'string' && capsule.id !== '' ? capsule.id : `${start ?? ''}_${end ?? ''}`,
    start,
    end,
    uncertain: capsule.isUncertain === true,
    attributes,
  };
}

function byStart(a: Timeframe, b: Timeframe): number {
  if (a.start === undefined || b.start === undefined) return a.start === b.start ? 0 : a.start === undefined ? -1 : 1;
  return compareUtc(a.start, b.start);
}

/** Servers before R63 give no token; taking their full page for all there is would lose timeframes in silence. */
function cannotPage(server: string, most: number): DriverError {
  return new DriverError(
    'tooLarge',
    `Server "${server}" gave ${most} timeframes and no next page; ask a shorter range.`,
  );
}

const optionalTime = (key: unknown): string | undefined =>
  key === undefined || key === null || key === '' ? undefined : toTime(key);

function hasNumericKeys(body: unknown): boolean {
  const capsules = (body as CapsulesBody | null)?.capsules;
  return (
    Array.isArray(capsules) && capsules.some(({ start, end }) => typeof start === 'number' || typeof end === 'number')
  );
}
