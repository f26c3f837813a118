/**
 * Everything that reads what others send: callers, Seeq servers, brokers, devices, operators. Each has good inputs to
 * start from, and the errors that it may end with; any other one is a fault.
 */
import { z } from 'zod';
import { joinSeries } from '../../src/client/answer.ts';
import { JsonError, readJson } from '../../src/lib/json.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { loadConfig } from '../../src/app/configuration.ts';
import { parseNatsUrl } from '../../src/config/natsurl.ts';
import { replyRule, publishSubject, subscribeSubject, SubjectError } from '../../src/bus/subject.ts';
import { DriverError } from '../../src/contract/errors.ts';
import { formatFqn, parseFqn } from '../../src/contract/fqn.ts';
import { searchParams } from '../../src/contract/functions/common.ts';
import { formatInstant, parseInstant } from '../../src/contract/time/instant.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { escapeToken, readingFqn, readingSubject, unescapeToken } from '../../src/contract/reading-subject.ts';
import { deadLetterSchema, readingSchema } from '../../src/contract/reading.ts';
import { resolveTime, timeInput } from '../../src/contract/time/time.ts';
import { decodeCursor, encodeCursor } from '../../src/driver/cursor.ts';
import { intervalsOf } from '../../src/driver/history/grid.ts';
import { readPattern } from '../../src/driver/search/pattern.ts';
import { deadLetterOf, publicationOf, type DecodedMessage } from '../../src/ingest/reading.ts';
import { isSignedWith, JwsError, readJws } from '../../src/ingest/feeds/seneye/jws.ts';
import { PostError, readPost } from '../../src/ingest/feeds/seneye/post.ts';
import { readingsOf } from '../../src/ingest/feeds/seneye/readings.ts';
import { parsePayload, readSample } from '../../src/ingest/feeds/iotopen/message.ts';
import { parseExact } from '../../src/sources/iotopen/exact-number.ts';
import { UnreadableResponse } from '../../src/net/unreadable-response.ts';
import { readLogPage, readStatus } from '../../src/sources/iotopen/log-entry.ts';
import { parseDuration } from '../../src/sources/seeq/duration.ts';
import { patternFilters } from '../../src/sources/seeq/search/filter.ts';
import { readEntry, toAttribute, toFound, toFoundChild } from '../../src/sources/seeq/search/item-mapper.ts';
import { decodeRun, decodeSample, decodeSamples } from '../../src/sources/seeq/history/samples.ts';
import { fqn, limits, NOW, source, testDriver, violations } from '../support/driver.ts';
import { LIMITS, mappingOf, read, RECEIVED } from '../support/mapping.ts';

export interface Decoder {
  readonly name: string;
  /** Good inputs. */
  readonly seeds: readonly string[];
  /**
   * Reads one input. Throws, or rejects, for a fault of the product; errors that the decoder may give are caught here.
   * May give a check of what was read, which is no work of the product.
   */
  readonly run: (input: Buffer) => Promise<void> | Check | undefined;
}

type Check = () => void;
type ErrorClass = abstract new (...args: never[]) => Error;

/** A decoder that may end with these errors. */
function decoder(
  name: string,
  seeds: readonly unknown[],
  run: (text: string, bytes: Buffer) => unknown,
  ...allowed: ErrorClass[]
): Decoder {
  return {
    name,
    seeds: seeds.map((seed) => (typeof seed === 'string' ? seed : JSON.stringify(seed))),
    run: (bytes) => {
      try {
        const read = run(bytes.toString(), bytes);
        if (typeof read === 'function') return read as Check;
      } catch (error) {
        if (!allowed.some((one) => error instanceof one)) throw error;
        if (error instanceof DriverError && error.code === 'internal') throw error;
      }
      return undefined;
    },
  };
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`must hold: ${what}`);
}

const ID = '0F1941DE-ED51-7360-A6C1-BCD2BD948BF8';
const SIGNAL = fqn('plant-a', 'signal', ID);
const RANGE = { start: '*-8h', end: '2026-03-15T11:00:00+01:00', timeZone: 'Europe/Berlin' };

/** A request for each function, each with as many of its parameters as go together. */
const PARAMS: Readonly<Record<string, object>> = {
  version: {},
  functions: {},
  health: {},
  hosts: {},
  datasources: { query: 'Example*', limit: 10 },
  workbooks: { query: '/Work.*/', limit: 10 },
  tagsearch: {
    query: 'AREA51_REACTOR.PV',
    field: 'any',
    workbook: 'W',
    datasource: 'D',
    asset: fqn('plant-a', 'asset', ID),
    limit: 5,
    orderBy: 'name',
    kinds: ['signal'],
    properties: ['*'],
  },
  elementsearch: { parent: '', depth: 2, include: ['attributes', 'properties'] },
  timeframesearch: {
    conditions: [fqn('plant-a', 'condition', ID)],
    ...RANGE,
    where: [
      { attribute: 'Rank', above: 1 },
      { attribute: 'Name', contains: 'x' },
    ],
    minDurationMs: 1000,
    open: false,
    limit: 10,
  },
  describe: { items: [SIGNAL, `${fqn('plant-a', 'asset', ID)}/attribute/Temperature`] },
  snapshot: { items: [SIGNAL], time: 't+6h30m', timeZone: 'Asia/Kolkata' },
  eventpipepoll: { items: [SIGNAL], intervalMs: 1000, leaseMs: 1000 },
  plotted: { items: [SIGNAL], ...RANGE, count: 64 },
  interpolated: { items: [SIGNAL], ...RANGE, count: 12 },
  discrete: { items: [SIGNAL], ...RANGE, boundary: 'outside', limit: 100 },
  aggregated: {
    items: [SIGNAL],
    ...RANGE,
    interval: '15min',
    align: 'clock',
    stamp: 'middle',
    basis: 'samples',
    methods: ['average', 'durationInState'],
  },
  cancel: { request: 'x' },
  writedata: {},
};
const ENVELOPE = {
  id: 'a-1',
  host: ['plant-a'],
  timeoutMs: 1000,
  replyTo: 'answers.here',
  user: { name: 'Ada', groups: ['g'] },
};

/** Whole requests, through the driver: each gets one final answer. */
function driverDecoder(): Decoder {
  const { send } = testDriver([source('plant-a')], { limits: { maxLeaseMs: 1000, maxLeases: 4 } });
  const unknown = functionTable.map(({ name }) => name).filter((name) => !(name in PARAMS));
  if (unknown.length > 0) throw new Error(`No seed for the functions ${unknown.join(', ')}.`);
  const requests = Object.entries(PARAMS).flatMap(([name, params]) => [
    { function: name, params },
    { function: name, params, ...ENVELOPE },
  ]);
  return {
    name: 'request',
    seeds: requests.map((request) => JSON.stringify(request)),
    run: async (bytes) => {
      const { status, error } = await send(bytes);
      must(violations.length === 0, violations.join('; '));
      must((status === 'error') === (error !== undefined), 'an error has a reason');
      must(error?.code !== 'internal', `no internal error: ${error?.message ?? ''}`);
      must((error?.message.length ?? 0) < 20_000, 'the text of an error is bounded');
    },
  };
}

/** The readings and dead letters of a message keep the contract. */
const keepsContract =
  ({ measurements, rejects }: DecodedMessage): Check =>
  () => {
    const origin = { scheme: 'mqtt', connection: 'hall' } as const;
    for (const measurement of measurements) {
      const { body } = publicationOf('iota', origin, measurement);
      const reading = readingSchema.parse(JSON.parse(Buffer.from(body).toString()));
      must((reading.value === null) === (reading.status === 'Bad Data'), 'no value is Bad Data');
    }
    for (const reject of rejects) {
      const letter = deadLetterOf('iota', origin, reject);
      deadLetterSchema.parse(JSON.parse(Buffer.from(letter.body).toString()));
      must(!reject.reason.includes('could not be worked through'), reject.reason);
    }
  };

const MAPPINGS = [
  {},
  { payload: 'text' },
  { payload: 'number' },
  { values: [{ path: '$.v', type: 'number' }], time: { path: '$.t' } },
  { values: [{ path: '$.*', unitPath: '$.u' }], time: { path: '/t', format: 'iso', timeZone: 'Europe/Berlin' } },
  { values: [{ path: '$..v', states: { '1': 'ON' } }], time: { path: '$.t', format: 'ns' } },
  { records: '$', key: '$.id', values: [{ path: '$.v' }], time: { path: '$.t' } },
  { records: '$[*]', key: 'location', values: [{ path: '$', scale: 0.1, offset: -7 }] },
].map((entry) => mappingOf(entry));

/** One for each message, as in the field: the time that an input takes is that of one reading of it. */
const mappingFor = (bytes: Buffer) => MAPPINGS[bytes.length % MAPPINGS.length] ?? mappingOf({});

const POST = {
  version: '1.0.0',
  SUD: {
    id: 'AAAAABBBBBCCCCCDDDDDEEEEEFFFFF00',
    name: 'Tank',
    type: 1,
    TS: 1772366400,
    data: { S: { W: 1, T: 0, S: 0, N: 0 }, T: 25.1, P: 8.1, N: 0.01 },
  },
};
const HIT = {
  id: ID,
  name: 'Temperature',
  type: 'StoredSignal',
  description: 'd',
  hasChildren: false,
  ancestors: [{ name: 'Example', id: ID }],
  valueUnitOfMeasure: '°C',
  datasource: { name: 'Example Data' },
  includedProperties: { 'Interpolation Method': { value: 'Linear' } },
};
const ROW = { topic: 'set/1/temp', value: 21.5, timestamp: 1772366400.25, msg: '' };
const CONFIG = {
  driverid: 'd',
  debug: 2,
  natsurl: 'tls://a.example:443',
  publickey: 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4',
  reqtopic: 'region.site.seeq.request',
  settings: {
    servers: [
      { name: 'plant-a', url: 'https://a.example', credentials: { accessKey: { env: 'K' }, password: { file: 'p' } } },
    ],
    bus: { tls: { caFile: 'ca.pem' } },
    ingest: {
      mqtt: [{ name: 'hall', url: 'mqtts://b.example', topics: [{ filter: 'a/+/#', values: [{ path: '$.v' }] }] }],
      seneye: { sources: [{ source: 'SWS_1', name: 'tank', secret: { env: 'K' } }] },
    },
  },
};

/** A configuration, without the driver's key: every input is refused with what is wrong, and in no other way. */
const configDecoder: Decoder = {
  name: 'configuration',
  seeds: [JSON.stringify(CONFIG), JSON.stringify(CONFIG, undefined, 2)],
  run: async (bytes) => {
    const readFile = async (path: string): Promise<Buffer> => {
      if (path.endsWith('.json')) return bytes;
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    };
    try {
      await loadConfig({ path: '/etc/iota/iota.seeqdrv.json', env: { K: 'secret-of-the-test' }, readFile });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      must(!error.message.includes('secret-of-the-test'), 'no secret in an error');
    }
  },
};

/** Made anew in each worker, since the driver has a state. */
export const decoders = (): readonly Decoder[] => [
  driverDecoder(),
  decoder(
    'cursor',
    [
      encodeCursor('q', { at: '2026-01-01T00:00:00Z', given: ['a'] }),
      encodeCursor('q', {
        places: Array.from({ length: 50 }, (_, n) => ({ time: `2026-01-01T00:00:${n}Z`, repeats: n })),
      }),
    ],
    (text) => decodeCursor(text, 'q', z.object({ at: z.string() })),
    DriverError,
  ),
  decoder(
    'fqn',
    [
      SIGNAL,
      `seeq:Werk%20S%C3%BCd/asset/${ID}/attribute/Temperature%2F1`,
      `seeq:a/capsule/${ID}/x`,
      'mqtt:hall/signal/a%2Fb',
    ],
    (text) => {
      const parsed = parseFqn(text);
      must(formatFqn(parseFqn(formatFqn(parsed))) === formatFqn(parsed), 'an FQN comes back as it went');
    },
    DriverError,
  ),
  decoder(
    'time',
    [
      '*',
      '*-8h',
      't+6h30m',
      'y-1d',
      '2026-03-29T02:30:00',
      '2026-01-01T00:00:00.123456789Z',
      '1772366400123',
      'now+1w',
    ],
    (text) => {
      const now = parseInstant(NOW) ?? 0n;
      // As in a request: what the schema refuses is not read.
      const input = timeInput.safeParse(Number.isNaN(Number(text)) ? text : Number(text));
      if (input.success) formatInstant(resolveTime(input.data, { now, timeZone: 'Europe/Berlin' }, 'start'));
    },
    DriverError,
  ),
  decoder(
    'interval',
    ['15min', '1h', '1d', '2w', '6mo', '1q', '10y', 'PT15M', 'P1DT12H', 'P1M', '15M', '1.5 hours'],
    (text) => {
      if (text === '' || text.length > 64) return;
      const start = parseInstant('2026-03-28T22:10:00Z') ?? 0n;
      const range = { start, end: start + 86_400_000_000_000n };
      const { borders, range: whole } = intervalsOf({ interval: text }, range, 'Europe/Berlin', limits);
      must(whole.start <= range.start && whole.end >= range.end, 'intervals cover the range');
      let before: bigint | undefined;
      for (const border of borders().take(10)) {
        must(before === undefined || border > before, 'borders ascend');
        before = border;
      }
    },
    DriverError,
  ),
  decoder(
    'query',
    [
      'Temperature',
      '*Temp?rature*',
      '/^A.*[0-9]+$/',
      'A && B',
      '/a && [b&&c]/',
      'AREA51_REACTOR_TEMPERATURE_SETPOINT.PV',
    ],
    (text) => {
      // A longer one is refused before it is read.
      const { success } = searchParams.query.safeParse(text);
      if (success) patternFilters(readPattern(text), ['name', 'description']);
    },
    DriverError,
  ),
  decoder(
    'subject',
    ['_INBOX.abc.1', 'region.site.seeq.request', 'a.*.b', 'a.>', '$JS.API.STREAM.PURGE.X'],
    (text) => {
      must(unescapeToken(escapeToken(text)) === text.toWellFormed(), 'a token comes back as it went');
      const name = { scheme: 'mqtt', host: 'hall', kind: 'signal' as const, id: text.toWellFormed() };
      const read = readingFqn('iota', readingSubject('iota', name));
      must(JSON.stringify(read) === JSON.stringify(name), 'the name of a reading comes back as it went');
      publishSubject(`a.${escapeToken(text)}`);
      const refused = replyRule(['region.site.seeq.request', 'iota.readings.>'])(text);
      must(refused !== undefined || !text.startsWith('$'), 'no answer to the server itself');
      if (refused === undefined) publishSubject(text);
      subscribeSubject(text);
    },
    SubjectError,
  ),
  decoder(
    'mqtt message',
    [
      '21.5',
      'ON',
      { v: 21.5, t: 1772366400123, u: '°C' },
      [
        { id: 'a', v: 1, t: '2026-03-01T12:00:00Z' },
        { id: 'b', v: '2,5' },
      ],
      { a: { v: 1 }, b: { v: true, t: '2026-03-29T02:30:00' } },
      '[{"v":12345678901234567890.123e-7,"t":1772366400123456789}]',
    ],
    (_text, bytes) => keepsContract(read(mappingFor(bytes), bytes)),
  ),
  decoder('mqtt topic', ['plant/a', 'a//b/', '$SYS/x', 'ä/+/#', 'a b/.../*'], (text, bytes) =>
    keepsContract(read(mappingFor(bytes), '{"v":1}', { topic: text })),
  ),
  decoder(
    'seneye post',
    [POST, { ...POST, SUD: { ...POST.SUD, data: { S: {}, T: '25', P: null } } }],
    (_text, bytes) => {
      const options = { times: LIMITS, outOfWater: 'questionable' } as const;
      return keepsContract(readingsOf(readPost(bytes), bytes, RECEIVED, options));
    },
    PostError,
  ),
  decoder(
    'seneye signature',
    [
      `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify(POST)).toString('base64url')}.${Buffer.alloc(32, 7).toString('base64')}`,
    ],
    (_text, bytes) => {
      must(!isSignedWith('ABCDEF', readJws(bytes)), 'no forged signature is right');
    },
    JwsError,
  ),
  decoder(
    'iotopen message',
    [{ value: 21.5, timestamp: 1772366400, msg: 'x' }, { value: null }, ROW],
    (_text, bytes) => {
      const payload = parsePayload(bytes);
      if (!('content' in payload)) return;
      readSample(payload.content);
    },
  ),
  decoder(
    'iotopen answer',
    [[ROW, ROW], { data: [ROW], total: 1 }, { data: null }],
    (text) => {
      const body = parseExact(text);
      for (const { content } of [...(readStatus(body, 7) ?? []), ...(readLogPage(body, 7)?.rows ?? [])])
        readSample(content);
    },
    UnreadableResponse,
  ),
  decoder(
    'seeq samples',
    [
      {
        samples: [
          { key: '2026-01-01T00:00:00Z', value: 1.5 },
          { key: 1767225600000000000, value: 'ON', isUncertain: true },
        ],
      },
      '{"samples":[{"key":1767225600123456789,"value":"ENUM{{1|ON}}"},{"key":"2026-01-01T00:00:01Z"}],"continuationToken":"x"}',
      { key: '2026-01-01T00:00:00Z', value: 'NaN' },
      { samples: { samples: [{ key: '2026-01-01T00:00:00Z', value: 2 }] }, metadata: {} },
    ],
    (text) => {
      for (const decode of [decodeSamples, decodeRun, decodeSample]) expected(() => decode(text));
    },
  ),
  decoder('seeq items', [HIT, { ...HIT, type: 'Asset', ancestors: [] }, { id: ID, name: null }], (text) => {
    let raw: unknown;
    try {
      raw = JSON.parse(text);
    } catch {
      return;
    }
    readEntry(raw, 'plant-a', (entry) => toFound(entry, 'all'));
    readEntry(raw, 'plant-a', (entry) => toFoundChild(entry, []));
    readEntry(raw, 'plant-a', (entry) => toAttribute(entry, 'plant-a'));
  }),
  decoder('seeq duration', ['1h', '40h', '1.5 days', 'P1DT2H', '1mo', '15 min'], (text) => parseDuration(text)),
  decoder('answer', [{ items: [{ index: 0, times: ['a'], values: [1], flags: [[0, 0, 'Bad Data']] }] }], (text) => {
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return;
    }
    const items = (body as { items?: unknown } | null)?.items;
    if (Array.isArray(items) && items.every((item) => typeof item === 'object' && item !== null))
      joinSeries(items as object[]);
  }),
  decoder('json with places', [JSON.stringify(CONFIG, undefined, 2)], (text) => readJson(text), JsonError),
  decoder('nats address', ['tls://a.example:443', 'mon.example.com:443', 'nats://[::1]:4222,b:1'], (text) =>
    parseNatsUrl(text),
  ),
  configDecoder,
];

/** A source may refuse what its server sent, and says so by a name of its own; a fault of the language is none of these. */
function expected(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    const faults = [TypeError, RangeError, ReferenceError, EvalError];
    if (!(error instanceof Error) || faults.some((fault) => error.constructor === fault)) throw error;
  }
}
