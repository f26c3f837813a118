/**
 * A Seeq server whose answers are wrong in one member, or in several: every function still answers in the form of the
 * contract, nothing is `internal`, and all that the wrong member does not belong to is there.
 */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorBody } from '../../../src/contract/errors.ts';
import { functionTable } from '../../../src/contract/functions/table.ts';
import { formatFqn, type Fqn, type FqnKind } from '../../../src/contract/fqn.ts';
import { SeeqSource } from '../../../src/sources/seeq/source.ts';
import { startSeeqSimulator, type SeeqSimulator } from '../../../simulators/seeq/simulator.ts';
import { accessKey, idOf, NOW } from '../sources/seeq/support.ts';
import { MEDIA_TYPE, serve, type RudeServer } from '../sources/seeq/misbehaving-server.ts';
import { testDriver, type Answer } from '../../support/driver.ts';

/** Wrong in every way that JSON has; as text, because a number may be beyond what a JavaScript number holds. */
const WRONG: Record<string, string | undefined> = {
  absent: undefined,
  null: 'null',
  number: '5',
  'a number beyond all bounds': '1e400',
  'a number below zero': '-1',
  text: '"odd"',
  'a far year': '"99999-01-01T00:00:00Z"',
  flag: 'true',
  list: '[]',
  'a list of null': '[null]',
  object: '{}',
  'a list of lists of lists': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
};

const TYPES = Object.fromEntries(
  Object.entries(WRONG).map(([what, text]) => [what, text === undefined ? 'undefined' : typeof JSON.parse(text)]),
);

type Path = readonly (string | number)[];
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/**
 * Paths of all values in some documents: one for each member of each form, since what comes later in a list is read as
 * the first of its kind is.
 */
function pathsOf(documents: readonly Json[]): Path[] {
  const paths = new Map<string, Path>();
  const visit = (value: Json, path: Path): void => {
    const kind = value === null || Array.isArray(value) ? JSON.stringify(value)[0] : typeof value;
    const form = JSON.stringify([kind, ...path.map((step) => (typeof step === 'number' ? '*' : step))]);
    if (!paths.has(form)) paths.set(form, path);
    if (typeof value !== 'object' || value === null) return;
    const members = Array.isArray(value) ? value.entries() : Object.entries(value);
    for (const [step, member] of members) visit(member, [...path, step]);
  };
  for (const document of documents) visit(document, []);
  return [...paths.values()];
}

const MARK = '@@wrong@@';

/** The document with another text at a path; without the member for undefined. */
function mutated(document: Json, path: Path, wrong: string | undefined): string {
  const copy = structuredClone<Json[]>([document]);
  let holder = copy as unknown as Record<string | number, Json>;
  for (const step of [0, ...path].slice(0, -1)) holder = holder[step] as unknown as Record<string | number, Json>;
  const last = path.at(-1) ?? 0;
  if (wrong !== undefined) holder[last] = MARK;
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else Reflect.deleteProperty(holder, last);
  return JSON.stringify(copy[0] ?? null).replace(`"${MARK}"`, wrong ?? '');
}

let seeq: SeeqSimulator;
let server: RudeServer;
let source: SeeqSource;
let driver: ReturnType<typeof testDriver>;
/** Right answers by what was asked. */
const right = new Map<string, Json>();
let wrongAnswer: { path: RegExp; text: (document: Json) => string } | undefined;

beforeAll(async () => {
  seeq = await startSeeqSimulator({ port: 0 }, () => NOW);
  const headers = { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE };
  const login = await fetch(`${seeq.url}/api/auth/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ username: 'simulator-access-key', password: 'simulator-access-secret' }),
  });
  const token = login.headers.get('x-sq-auth') ?? '';
  server = await serve(async (request, response, body) => {
    const path = request.url ?? '';
    const answers = (text: string): void => {
      response.writeHead(200, { 'content-type': MEDIA_TYPE, 'x-sq-auth': 'session-8f2c41d07b' }).end(text);
    };
    if (path.endsWith('/auth/login')) {
      answers('{}');
      return;
    }
    const key = `${request.method} ${path} ${body}`;
    let document = right.get(key);
    if (document === undefined) {
      const answer = await fetch(`${seeq.url}${path}`, {
        method: request.method ?? 'GET',
        headers: { ...headers, 'x-sq-auth': token },
        ...(body === '' ? {} : { body }),
      });
      document = (await answer.json()) as Json;
      right.set(key, document);
    }
    answers(wrongAnswer?.path.test(path) === true ? wrongAnswer.text(document) : JSON.stringify(document));
  });
  source = new SeeqSource({
    ...{ name: 'plant', url: server.url, credentials: accessKey, tls: { insecureSkipVerify: false }, connections: 8 },
    ...{ connectTimeoutMs: 5000, requestTimeoutMs: 30_000, userAgent: 'test', pageSamples: 1000 },
  });
  driver = testDriver([source]);
});
afterEach(() => {
  wrongAnswer = undefined;
});
afterAll(async () => {
  await source.close();
  server.close();
  await seeq.stop();
});

const fqn = (kind: FqnKind, path: string, part?: Fqn['part']) =>
  formatFqn({ scheme: 'seeq', host: 'plant', kind, id: idOf(path), ...(part === undefined ? {} : { part }) });
const area = 'Example >> Cooling Tower 1 >> Area A';
const hour = { start: '2026-03-14T10:00:00Z', end: '2026-03-14T11:00:00Z' };
const signal = fqn('signal', `${area} >> Temperature`);
const scalar = fqn('scalar', 'Utilities >> Chiller 1 >> Temperature Limit');
const other = fqn('signal', `${area} >> Relative Humidity`);
/** Of the first of the two signals only. */
const samples = new RegExp(`${idOf(`${area} >> Temperature`)}/samples`);
const campaigns = 'Packaging >> Line 1 >> Campaigns';
const alarms = 'Special Cases >> Conditions >> Alarms';

/** Requests of every function that reads, and the answer of the server that is wrong. */
const CASES: Record<string, [name: string, params: object, path: RegExp]> = {
  hosts: ['hosts', {}, /server-status/],
  'hosts, the user': ['hosts', {}, /users\/me/],
  datasources: ['datasources', {}, /\/items/],
  workbooks: ['workbooks', {}, /\/items/],
  tagsearch: ['tagsearch', { query: 'Temperature L*', limit: 100, properties: ['*'] }, /\/items/],
  'tagsearch in a workbook': [
    'tagsearch',
    { query: 'Scoped*', limit: 100, workbook: 'Energy Review' },
    /types=Workbook/,
  ],
  'elementsearch, a search': ['elementsearch', { query: 'Area*', limit: 100 }, /\/items/],
  'elementsearch, roots': ['elementsearch', { parent: '' }, /\/trees\/assets\?/],
  'elementsearch, below an asset': [
    'elementsearch',
    { parent: fqn('asset', 'Example'), depth: 2 },
    /\/trees\/assets\//,
  ],
  'elementsearch with attributes': [
    'elementsearch',
    { parent: fqn('asset', 'Example >> Cooling Tower 1'), include: ['attributes', 'properties'], limit: 2 },
    new RegExp(`/trees/assets/${idOf(area)}`),
  ],
  'elementsearch with properties': [
    'elementsearch',
    { parent: fqn('asset', 'Example >> Cooling Tower 1'), include: ['properties'] },
    new RegExp(`/items/${idOf(area)}`),
  ],
  timeframesearch: ['timeframesearch', { conditions: [fqn('condition', alarms)], ...hour, limit: 5 }, /capsules/],
  'timeframesearch, found conditions': ['timeframesearch', { query: 'Alarms', ...hour, limit: 5 }, /\/items\?/],
  'timeframesearch, definitions': ['timeframesearch', { definitions: true, limit: 100 }, /\/items\?/],
  describe: ['describe', { items: [signal, scalar, fqn('asset', 'Example')] }, /\/items/],
  'snapshot of a signal': ['snapshot', { items: [signal, scalar] }, /\/sample\//],
  'snapshot of a scalar': ['snapshot', { items: [signal, scalar] }, /getValue/],
  'snapshot of a property': [
    'snapshot',
    { items: [fqn('asset', 'Utilities >> Chiller 1', { type: 'property', name: 'Manufacturer' }), scalar] },
    /\/items\//,
  ],
  'snapshot of an attribute': [
    'snapshot',
    { items: [fqn('asset', area, { type: 'attribute', name: 'Temperature' }), scalar] },
    /\/trees\/assets/,
  ],
  'snapshot of an attribute of a condition': [
    'snapshot',
    { items: [fqn('condition', campaigns, { type: 'attribute', name: 'Campaign' }), scalar], time: hour.end },
    /capsules/,
  ],
  discrete: ['discrete', { items: [signal, other], ...hour }, samples],
  plotted: ['plotted', { items: [signal, other], ...hour }, samples],
  'plotted, the shape': [
    'plotted',
    { items: [signal, other], ...hour },
    new RegExp(`/signals/${idOf(`${area} >> Temperature`)}$`),
  ],
  interpolated: ['interpolated', { items: [signal, other], ...hour, count: 5 }, samples],
  aggregated: [
    'aggregated',
    { items: [signal, other], ...hour, intervalMs: 600_000, methods: ['average', 'max'] },
    samples,
  ],
};

interface Failed {
  error?: ErrorBody;
}
type Item = Record<string, unknown>;
const identity = (item: Item): string =>
  JSON.stringify([item.fqn, item.host, item.id, item.index, item.start, item.method]);

/** An item as text, but for what differs each time. */
const textOf = (item: Item): string => JSON.stringify({ ...item, latencyMs: 0 });
/** The items of the right answers, which many others are held against. */
const rightItems = new WeakMap<Item, string>();
function rightTextOf(item: Item): string {
  const text = rightItems.get(item) ?? `${identity(item)} ${textOf(item)}`;
  rightItems.set(item, text);
  return text;
}

/** Items of a right answer that another answer does not hold as they are. */
function missing(items: readonly Item[], answer: Answer): Item[] {
  const given = new Set(answer.items.map((item) => `${identity(item)} ${textOf(item)}`));
  return items.filter((item) => !given.has(rightTextOf(item)));
}

/** What holds for any answer to any request, whatever the server answers. */
function check(name: string, answer: Answer): void {
  const declaration = functionTable.find((one) => one.name === name);
  const failures = [answer as Failed, ...(answer.items as Failed[])].flatMap(({ error }) => error ?? []);
  for (const { code, message } of failures) {
    expect(['sourceError', 'notFound', 'unsupported', 'tooLarge'], message).toContain(code);
    if (code === 'sourceError') expect(message).toContain('erver "plant"');
    expect(message.length).toBeLessThan(2500);
  }
  // Asked many thousand times: an expectation is made only where it fails.
  for (const item of answer.items) {
    const parsed = declaration?.item.safeParse(item);
    if (parsed?.success !== true) expect.fail(String(parsed?.error));
  }
  const errors = driver.log.lines.splice(0).filter(({ level }) => level === 'error');
  if (errors.length > 0) expect(errors).toEqual([]);
}

function expectNone(items: readonly Item[], told: () => string): void {
  if (items.length > 0) expect(items, told()).toEqual([]);
}

/** Asks while all is right, and while the one answer says nothing. */
async function asked([name, params, path]: (typeof CASES)[string]) {
  right.clear();
  const good = await driver.ask(name, params);
  expect(good.status, JSON.stringify(good)).toBe('ok');
  expect(good.items).not.toEqual([]);
  const documents = [...right]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([key, document]) => (path.test(key.split(' ')[1] ?? '') ? [document] : []));
  expect(documents).not.toEqual([]);
  wrongAnswer = { path, text: () => 'null' };
  const without = await driver.ask(name, params);
  check(name, without);
  const lost = new Set(missing(good.items, without));
  return { good, documents, bystanders: good.items.filter((item) => !lost.has(item)) };
}

const valueAt = (document: Json, path: Path): Json | undefined =>
  path.reduce<unknown>((at, step) => (isHolder(at) ? at[step] : undefined), document) as Json | undefined;
const isHolder = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null;

const hasPath = (document: Json, path: Path): boolean => valueAt(document, path) !== undefined;

/** Whether an item comes from an entry of a list, or from below it. */
function isOf(item: Item, entry: Json | undefined): boolean {
  const { id, name } = isHolder(entry) ? entry : {};
  const text = JSON.stringify(item);
  return [id, name].some((mark) => typeof mark === 'string' && text.includes(mark));
}

/** Functions in which an entry that cannot be read may be the very one that an item means. */
const MEANT_BY_NAME = new Set(['snapshot']);

describe.each(Object.entries(CASES))('%s', (_title, one) => {
  const [name, params, path] = one;

  it('answers whatever one member is, and gives all else', async () => {
    const { good, documents, bystanders } = await asked(one);
    for (const at of pathsOf(documents)) {
      const before = documents.map((document) => valueAt(document, at)).find((value) => value !== undefined);
      const isEntry = typeof at.at(-1) === 'number';
      for (const [what, wrong] of Object.entries(WRONG)) {
        // A list without one of its entries is a right one.
        if (isEntry && wrong === undefined) continue;
        wrongAnswer = { path, text: (real) => (hasPath(real, at) ? mutated(real, at, wrong) : JSON.stringify(real)) };
        const answer = await driver.ask(name, params);
        const told = (): string => `${at.join('.')} ${what}: ${JSON.stringify(answer).slice(0, 2000)}`;
        check(name, answer);
        expectNone(missing(bystanders, answer), told);
        // Where the wrong member belongs to one entry of a list, all others are given as they are.
        const step = at.findIndex((part) => typeof part === 'number');
        if (step < 0 || at[0] === 'samples') continue;
        const entries = documents.map((document) => valueAt(document, at.slice(0, step + 1)));
        const lost = missing(good.items, answer);
        const others = lost.filter((item) => !entries.some((entry) => isOf(item, entry)));
        if (!MEANT_BY_NAME.has(name)) expectNone(others, told);
        // Nothing goes without a word, but for another value of the right type: it may be an archived item now, or a leaf.
        const isTyped =
          wrong === undefined || wrong === 'null' ? typeof before === 'boolean' : typeof before === TYPES[what];
        if (answer.items.length < good.items.length && !isTyped && answer.status === 'ok') expect.fail(told());
      }
    }
  }, 120_000);

  it('answers whatever several members are', async () => {
    const { documents, bystanders } = await asked(one);
    const paths = pathsOf(documents);
    // One of a bounded depth, because the next change copies it.
    const wrongs = fc.constantFrom(...Object.values(WRONG).filter((text) => (text?.length ?? 0) < 1000));
    const several = fc.array(fc.tuple(fc.nat(), wrongs), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(several, async (mutations) => {
        wrongAnswer = {
          path,
          text: (real) =>
            mutations.reduce((text, [which, wrong]) => {
              const now = JSON.parse(text) as Json;
              const at = paths[which % paths.length] ?? [];
              return hasPath(now, at) ? mutated(now, at, wrong) : text;
            }, JSON.stringify(real)),
        };
        const answer = await driver.ask(name, params);
        check(name, answer);
        expect(missing(bystanders, answer)).toEqual([]);
      }),
      { seed: 20_260_315, numRuns: 40 },
    );
  }, 120_000);
});
