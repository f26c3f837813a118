/** Requests that are wrong, too large or too many: each gets its one answer, and the driver lives on. */
import { afterEach, describe, expect, it } from 'vitest';
import { functionTable } from '../../../src/contract/functions/table.ts';
import { fqn, latch, source, testDriver, violations } from '../../support/driver.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

const item = fqn('a', 'signal', 'x');
const point = { value: 1, time: null, status: 'Good' as const };

describe('a request', () => {
  it.each([
    ['that is empty', '', 'badRequest', 'The request is empty'],
    ['that is no JSON', '{"function":', 'badRequest', 'The request is not JSON'],
    ['that is a list', '[]', 'badRequest', 'must be a JSON object'],
    ['without a function', '{"id":"7"}', 'badRequest', 'function'],
    [
      'with an unknown field',
      '{"function":"version","hosst":"a"}',
      'badRequest',
      'Field "hosst" is not a known field; did you mean "host"?',
    ],
    [
      'of an unknown function',
      '{"function":"tagserch"}',
      'unknownFunction',
      'There is no function "tagserch"; did you mean "tagsearch"?',
    ],
    ['of a function that is not served', '{"function":"writedata"}', 'unsupported', 'only reads'],
    [
      'with an unknown parameter',
      '{"function":"version","params":{"x":1}}',
      'badRequest',
      'Parameter "x" is not a known parameter; none is known here.',
    ],
    ['without a needed parameter', '{"function":"snapshot"}', 'badRequest', '"items"'],
    ['to an unknown host', '{"function":"version","host":"b"}', 'unknownHost', 'There is no host "b"; known here: a.'],
    ['with too long a budget', '{"function":"version","timeoutMs":300001}', 'tooLarge', '300001 milliseconds'],
  ])('%s is refused clearly', async (_what, text, code, message) => {
    const { send, log } = testDriver([source('a')]);
    const answer = await send(Buffer.from(text));
    expect(answer).toMatchObject({ status: 'error', items: [], error: { code } });
    expect(answer.error?.message).toContain(message);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('keeps its id, its function and its reply subject in the answer, even if it is wrong', async () => {
    const { send, ask } = testDriver([source('a')]);
    const wrong = await send(Buffer.from('{"function":"version","id":"42","replyTo":"my.answers","x":1}'));
    expect(wrong.head).toEqual({ id: '42', function: 'version', replyTo: 'my.answers' });
    expect((await ask('version', {}, { id: '43' })).head.id).toBe('43');
    expect((await ask('version')).head.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('that is too large is refused before it is read', async () => {
    const { send } = testDriver([source('a')], { limits: { requestBytes: 100 } });
    const answer = await send(Buffer.alloc(101, '{'));
    expect(answer.error).toMatchObject({ code: 'tooLarge', details: { limit: 100 } });
  });

  it('that names no subject for its answer is dropped, counted and logged', async () => {
    const { driver, log, send } = testDriver([source('a')]);
    const given = await send(Buffer.from('{"function":"version","id":"9"}'), false).catch(() => undefined);
    expect(given?.items ?? []).toEqual([]);
    expect(log.lines).toMatchObject([{ level: 'warn', facts: { id: '9', function: 'version' } }]);
    expect(driver.statistics.snapshot()).toMatchObject({ unanswerable: 1, functions: {} });
    expect((await send(Buffer.from('{"function":"version","replyTo":"my.answers"}'), false)).status).toBe('ok');
  });
});

describe('an unexpected fault', () => {
  const secret = 'a secret in a stack';
  const broken = source('a', {
    snapshot: () => Promise.reject(new TypeError(secret)),
    search: () => {
      throw new RangeError(secret);
    },
    probe: () => Promise.reject(new Error(secret)),
  });

  it.each([
    ['of an item', 'snapshot', { items: [item] }],
    ['of a host', 'tagsearch', {}],
    ['of a function', 'version', {}],
  ])('%s is internal: its text goes to the log, not to the caller', async (_what, name, params) => {
    const { ask, log } = testDriver([broken]);
    const answer = await ask(name, params, { id: '7' });
    expect(answer).toMatchObject({ status: 'error', error: { code: 'internal', retryable: false } });
    expect(JSON.stringify(answer)).not.toContain(secret);
    const lines = log.lines.filter(({ level }) => level === 'error');
    expect(lines).toHaveLength(1);
    expect(String(lines[0]?.facts.err)).toContain(secret);
    expect(lines[0]?.facts.id).toBe('7');
  });
});

describe('limits', () => {
  it.each([
    ['items', 'snapshot', { items: [item, item, item] }, 'items'],
    ['items', 'discrete', { items: [item, item, item], start: '*-1h', end: '*' }, 'items'],
    ['hits', 'tagsearch', { limit: 11 }, 'limit'],
    ['hits', 'elementsearch', { limit: 11 }, 'limit'],
    ['samples', 'discrete', { items: [item], start: '*-1h', end: '*', limit: 101 }, 'limit'],
    ['days', 'discrete', { items: [item], start: '*-31d', end: '*' }, 'end'],
    ['days', 'timeframesearch', { start: '*-31d', end: '*', limit: 5 }, 'end'],
  ])('of %s in %s are reported with the field and the number', async (_what, name, params, field) => {
    const { ask } = testDriver([source('a')], {
      limits: { itemsPerRequest: 2, searchLimit: 10, samplesPerItem: 100, rangeDays: 30 },
    });
    const answer = await ask(name, params);
    expect(answer).toMatchObject({ status: 'error', items: [], error: { code: 'tooLarge', details: { field } } });
  });

  it('are stated by functions, with a schema for each function that is served', async () => {
    const { ask } = testDriver([source('a')], { limits: { itemsPerRequest: 2 } });
    const { items, status } = await ask('functions');
    expect(status).toBe('ok');
    expect(items.map(({ name }) => name)).toEqual(functionTable.map(({ name }) => name));
    expect(items.find(({ name }) => name === 'snapshot')).toMatchObject({
      supported: true,
      limits: { itemsPerRequest: 2 },
      params: { properties: { items: {} } },
    });
    expect(items.find(({ name }) => name === 'writedata')).toMatchObject({
      supported: false,
      reason: expect.stringContaining('reads') as string,
    });
  });
});

describe('overload', () => {
  it('of one server lets requests wait, and reports when to try again to those that find no room', async () => {
    const { opened, open } = latch();
    const slow = source('a', { snapshot: () => opened.then(() => point) });
    const { driver, ask } = testDriver([slow], { limits: { concurrentRequests: 2 } });
    // Two places, and room for three to wait for each.
    const running = Array.from({ length: 2 }, () => ask('snapshot', { items: [item] }));
    const waiting = Array.from({ length: 5 }, () => ask('snapshot', { items: [item] }));
    expect(driver.inFlight).toBe(7);
    const refused = await ask('snapshot', { items: [item] });
    expect(refused.error).toMatchObject({ code: 'overloaded', retryable: true, details: { retryAfterMs: 1000 } });
    expect((await ask('version')).status).toBe('ok');
    open();
    expect((await Promise.all([...running, ...waiting])).map(({ status }) => status)).toEqual(Array(7).fill('ok'));
    expect(driver.inFlight).toBe(0);
  });

  it('of one server takes nothing from another', async () => {
    const { opened, open } = latch();
    const slow = source('a', { snapshot: () => opened.then(() => point) });
    const { ask } = testDriver([slow, source('b', { snapshot: async () => point })]);
    const many = Array.from({ length: 1000 }, () => ask('snapshot', { items: [item] }));
    const both = Array.from({ length: 60 }, () => ask('snapshot', { items: [item, fqn('b', 'signal', 'y')] }));
    const well = Array.from({ length: 60 }, () => ask('snapshot', { items: [fqn('b', 'signal', 'y')] }));
    expect((await Promise.all(well)).map(({ status }) => status)).toEqual(Array(60).fill('ok'));
    open();
    for (const { items } of await Promise.all(both)) {
      expect(items.find(({ index }) => index === 1)).toMatchObject({ value: 1 });
    }
    const codes = (await Promise.all(many)).map(({ error, status }) => error?.code ?? status);
    expect(new Set(codes)).toEqual(new Set(['ok', 'overloaded']));
  });

  it('by one caller takes nothing from another, whatever users it names', async () => {
    const { opened, open } = latch();
    const slow = source('a', { snapshot: () => opened.then(() => point) });
    const { ask, askAs } = testDriver([slow]);
    const many = Array.from({ length: 2000 }, (_, n) =>
      ask('snapshot', { items: [item] }, { user: { name: `u${n}` } }),
    );
    const other = Array.from({ length: 15 }, () => askAs('_INBOX.other.1', 'snapshot', { items: [item] }));
    const leases = await askAs('_INBOX.other.1', 'functions');
    expect(leases.status).toBe('ok');
    open();
    expect((await Promise.all(other)).map(({ status }) => status)).toEqual(Array(15).fill('ok'));
    const codes = (await Promise.all(many)).map(({ error, status }) => error?.code ?? status);
    expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(192);
    expect(codes.filter((code) => code === 'overloaded').length).toBeGreaterThan(0);
  });

  it("of one server's queue fails only what finds no place in it", async () => {
    const { opened, open } = latch();
    const slow = source('a', { snapshot: (_fqn, _time, call) => call.run(() => opened.then(() => point)) });
    const { ask } = testDriver([slow, source('b', { snapshot: async () => point })], { concurrency: 1, queueLimit: 2 });
    const answer = ask('snapshot', { items: [item, item, item, item, item, fqn('b', 'signal', 'y')] });
    expect(await ask('snapshot', { items: [item] })).toMatchObject({ status: 'error', error: { code: 'overloaded' } });
    open();
    const { items, status } = await answer;
    expect(status).toBe('partial');
    const codes = items
      .sort((x, y) => Number(x.index) - Number(y.index))
      .map(({ error }) => (error as { code?: string } | undefined)?.code);
    expect(codes).toEqual([undefined, undefined, undefined, 'overloaded', 'overloaded', undefined]);
  });
});

describe('the statistics', () => {
  it('count by function and outcome, and names that callers make up as one', async () => {
    const { driver, ask, send } = testDriver([source('a')], { limits: { concurrentRequests: 0 } });
    for (let n = 0; n < 100; n++) await ask(`made-up-${n}`);
    await ask('version');
    await send(Buffer.from('{'));
    const { functions } = driver.statistics.snapshot() as { functions: Record<string, object> };
    expect(functions).toMatchObject({
      '': { requests: 101, results: { unknownFunction: 100, badRequest: 1 } },
      version: { requests: 1, results: { overloaded: 1 } },
    });
    expect(Object.keys(functions)).toHaveLength(2);
  });

  it('have honest averages', async () => {
    const { driver, ask } = testDriver([source('a', { snapshot: async () => point })]);
    await ask('snapshot', { items: [item] });
    await ask('snapshot', { items: [item], bad: 1 });
    const { functions } = driver.statistics.snapshot() as {
      functions: Record<string, { averageMs: number; longestMs: number }>;
    };
    const numbers = functions.snapshot;
    expect(numbers).toMatchObject({ requests: 2, results: { ok: 1, badRequest: 1 } });
    expect(numbers?.longestMs).toBeGreaterThanOrEqual(numbers?.averageMs ?? Infinity);
  });
});

it('an answer that cannot be sent is logged and ends nothing else', async () => {
  const { driver, log } = testDriver([source('a')]);
  const sink = {
    item: () => undefined,
    flush: () => undefined,
    watch: () => undefined,
    end: () => Promise.reject(new Error('the bus is gone')),
  };
  await driver.handle({
    data: Buffer.from('{"function":"version"}'),
    hasReply: true,
    reply: 'answers.1',
    replyProblem: () => undefined,
    answer: () => sink,
  });
  expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([
    { message: 'the answer could not be sent' },
  ]);
});

it.each(['5', '"5"'])(
  'a request with the number 5 as id is cancelled by %s, and repeats the number',
  async (request) => {
    const asked = latch();
    const slow = source('a', {
      snapshot: async (_fqn, _time, call) => {
        asked.open();
        return new Promise((_resolve, reject) => {
          call.signal.addEventListener('abort', () => {
            reject(call.signal.reason as Error);
          });
        });
      },
    });
    const { send } = testDriver([slow]);
    const running = send(Buffer.from(`{"function":"snapshot","id":5,"params":{"items":["${item}"]}}`));
    await asked.opened;
    const cancel = await send(Buffer.from(`{"function":"cancel","params":{"request":${request}}}`));
    expect(cancel.items).toEqual([{ request: '5', cancelled: true }]);
    expect(await running).toMatchObject({ head: { id: 5 }, error: { code: 'cancelled' } });
  },
);
