/** Timeframes of a condition: open ones, equal starts, more than a page, and servers that cannot page. */
import { describe, expect, it } from 'vitest';
import { compareUtc } from '../../../../../src/contract/time/instant.ts';
import type { SeeqSource } from '../../../../../src/sources/seeq/source.ts';
import { answering, type RudeAnswer, type RudeRequest } from '../misbehaving-server.ts';
import { collect, freeCall, idOf, openSource, plainClient, plant, range, readable, rejection } from '../support.ts';

const condition = (name: string) => idOf(`Special Cases >> Conditions >> ${name}`);

async function read(source: SeeqSource, id: string, start: string, end: string) {
  const pages = await collect(source.timeframes(id, range(start, end), { order: 'asc', expected: 5000 }, freeCall()));
  return { pages: pages.length, all: readable(pages.flat()) };
}

describe.each(['absent', 'null'] as const)('with members without value %s', (absent) => {
  const open = async () => (await plant({ behaviour: { absent } })).source;

  it.each([
    ['Open Start', undefined, '2020-01-02T00:00:00Z'],
    ['Open End', '2020-01-01T00:00:00Z', undefined],
    ['Always', undefined, undefined],
  ])('%s has start %s and end %s', async (name, start, end) => {
    const { all } = await read(await open(), condition(name), '2020-01-01T12:00:00Z', '2020-01-01T13:00:00Z');
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ start, end, uncertain: name === 'Open End' });
  });

  it('attributes have their values of every kind, null where there is none', async () => {
    const { all } = await read(await open(), condition('Alarms'), '2026-03-14T00:00:00Z', '2026-03-14T01:00:00Z');
    expect(all[0]?.attributes).toEqual({
      Text: { value: expect.stringMatching(/^"High" \\ level && <\d+> Größe$/) as string },
      Level: { value: expect.any(Number) as number, unit: '°C' },
      Acknowledged: { value: expect.any(Boolean) as boolean },
      Nothing: { value: null },
    });
  });
});

it('gives what a plain client reads, with all that overlaps the range', async () => {
  const { seeq, source } = await plant();
  const [start, end] = ['2026-03-10T00:00:00Z', '2026-03-14T00:05:00Z'];
  const plain = (await (
    await plainClient(seeq.url)
  )(`/conditions/${condition('Alarms')}/capsules`, { start, end, limit: '100000' })) as {
    capsules: { id: string; start: string; end: string }[];
  };
  const { all } = await read(source, condition('Alarms'), start, end);
  // It asks for a little more, so that nothing at a border is lost; what only touches the range is the driver's to leave out.
  const inside = all.filter(({ end: to = '' }) => compareUtc(to, start) > 0);
  expect(all.length - inside.length).toBeLessThanOrEqual(1);
  expect(inside.map((timeframe) => [timeframe.id, timeframe.start, timeframe.end])).toEqual(
    plain.capsules.map((capsule) => [capsule.id, capsule.start, capsule.end]),
  );
  expect(all.length).toBeGreaterThan(576);
});

it('keeps those without duration, and those with equal starts', async () => {
  const { source } = await plant();
  const moments = await read(source, condition('Moments'), '2026-03-14T00:00:00Z', '2026-03-14T05:00:00Z');
  // The one at the end of the range is not in it.
  expect(moments.all).toHaveLength(5);
  expect(moments.all.every(({ start, end }) => start === end)).toBe(true);
  const equal = await read(source, condition('Equal Starts'), '2026-03-10T00:00:00Z', '2026-03-13T00:00:00Z');
  expect(equal.all).toHaveLength(9);
});

it('reads more than a page, in order and each once', async () => {
  const { seeq, source } = await plant();
  const { pages, all } = await read(source, condition('Alarms'), '2025-12-01T00:00:00Z', '2026-03-14T00:00:00Z');
  expect(pages).toBe(3);
  expect(all.length).toBeGreaterThan(14_000);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  expect(all.every(({ start }, at) => at === 0 || compareUtc(all[at - 1]?.start ?? '', start ?? '') <= 0)).toBe(true);
  expect((await seeq.control.requests()).filter(({ operation }) => operation === 'get_capsules')).toHaveLength(3);
});

it('of a server before R63 with more than a page are read by offset, in order and each once', async () => {
  const { seeq, source } = await plant({ release: 61 });
  const few = await read(source, condition('215 Capsules'), '2020-01-01T00:00:00Z', '2020-03-01T00:00:00Z');
  expect(few.all).toHaveLength(215);
  const { pages, all } = await read(source, condition('Alarms'), '2025-12-01T00:00:00Z', '2026-03-14T00:00:00Z');
  expect(pages).toBe(3);
  const newer = await plant();
  const wanted = await read(newer.source, condition('Alarms'), '2025-12-01T00:00:00Z', '2026-03-14T00:00:00Z');
  expect(all).toEqual(wanted.all);
  // Which pages are the last, only the version says. A busy machine adds probes and second tries.
  const asked = (await seeq.control.requests()).filter(({ operation }) => operation === 'get_server_status');
  expect(asked.length).toBeGreaterThanOrEqual(2);
});

it.each([
  ['of a condition that is not there', condition('Nothing'), 'notFound'],
  ['of a signal', idOf('Special Cases >> Signals >> Fast'), 'notFound'],
  ['of something that has no id of Seeq', 'BAD!', 'badRequest'],
])('%s is an error', async (_what, id, code) => {
  const { source } = await plant();
  expect(await rejection(read(source, id, '2026-03-14T00:00:00Z', '2026-03-14T01:00:00Z'))).toMatchObject({ code });
});

describe('odd answers', () => {
  const odd = async (answer: (request: RudeRequest) => RudeAnswer) =>
    (await read(openSource(await answering(answer)), idOf('x'), '2026-03-14T00:00:00Z', '2026-03-15T00:00:00Z')).all;

  it('with whole nanoseconds keep every digit', async () => {
    const body =
      '{"capsules":[{"id":"a","start":1773446400123456789,"end":1773446400123456790,"properties":[{"name":"key","value":7}]}]}';
    expect(await odd(() => ({ body }))).toEqual([
      {
        id: 'a',
        start: '2026-03-14T00:00:00.123456789Z',
        end: '2026-03-14T00:00:00.123456790Z',
        uncertain: false,
        attributes: { key: { value: 7 } },
      },
    ]);
  });

  it('without ids get start and end as identity', async () => {
    const capsules = [
      { id: '', start: '2026-03-14T01:00:00Z' },
      { start: '2026-03-14T02:00:00Z', end: '2026-03-14T03:00:00Z' },
      { id: null },
    ];
    expect((await odd(() => ({ body: { capsules } }))).map(({ id }) => id)).toEqual([
      '_',
      '2026-03-14T01:00:00Z_',
      '2026-03-14T02:00:00Z_2026-03-14T03:00:00Z',
    ]);
  });

  it('that go back in time between pages are refused', async () => {
    const answer = ({ query }: RudeRequest) => ({
      body: query.has('continuationToken')
        ? { capsules: [{ id: 'b', start: '2026-03-14T01:00:00Z' }], continuationToken: '' }
        : { capsules: [{ id: 'a', start: '2026-03-14T02:00:00Z' }], continuationToken: 'next' },
    });
    expect((await rejection(odd(answer))).message).toContain('out of order');
  });

  it('that come again and again, because the server knows no offset, are refused', async () => {
    const capsules = [{ id: 'a', start: '2026-03-14T02:00:00Z' }];
    expect(await rejection(odd(() => ({ body: { limit: 1, capsules } })))).toMatchObject({ code: 'tooLarge' });
  });

  it.each([[[]], [[{ id: 'a', start: '2026-03-14T02:00:00Z' }]]])(
    'on a page that leads to itself (%j) are refused',
    async (capsules) => {
      const error = await rejection(odd(() => ({ body: { capsules, continuationToken: 'next' } })));
      expect(error).toMatchObject({ code: 'sourceError' });
      expect(error.message).toContain('the same page again and again');
    },
  );

  it.each([['null'], ['{}'], ['{"capsules":{}}'], ['{"capsules":[null]}']])(
    '%s are the fault of the server',
    async (body) => {
      expect(await rejection(odd(() => ({ body })))).toMatchObject({ code: 'sourceError', retryable: false });
    },
  );
});
