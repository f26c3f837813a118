/** Samples of servers that the simulator does not play: whole nanoseconds, other offsets, disorder, short pages. */
import { describe, expect, it } from 'vitest';
import { collect, freeCall, openSource, range, rejection, rowsOf, signalFqn } from './support.ts';
import { answering, type RudeAnswer, type RudeRequest } from './rude-server.ts';

const DAY = ['2026-03-14T00:00:00Z', '2026-03-15T00:00:00Z'] as const;

async function read(answer: (request: RudeRequest) => RudeAnswer, pageSamples = 1000) {
  const source = openSource(await answering(answer), { pageSamples });
  const pages = await collect(source.samples(signalFqn('x'), range(...DAY), 'inside', freeCall()));
  return { pages, rows: pages.flatMap(rowsOf) };
}

describe('keys', () => {
  it('that are whole nanoseconds keep every digit', async () => {
    const body =
      '{"samples":[{"key":1773446400000000001,"value":1},{"key":1773446400123456789,"value":1773446400123456789}]}';
    const { rows } = await read(() => ({ body }));
    expect(rows.map(({ time }) => time)).toEqual(['2026-03-14T00:00:00.000000001Z', '2026-03-14T00:00:00.123456789Z']);
  });

  it('with another offset are given in UTC', async () => {
    const { rows } = await read(() => ({ body: { samples: [{ key: '2026-03-14T05:30:00.5+05:30', value: 1 }] } }));
    expect(rows.map(({ time }) => time)).toEqual(['2026-03-14T00:00:00.500Z']);
  });

  it.each([['yesterday'], [true], [null], [1.5]])('that are no time (%j) are the fault of the server', async (key) => {
    const error = await rejection(read(() => ({ body: { samples: [{ key, value: 1 }] } })));
    expect(error).toMatchObject({ code: 'sourceError', retryable: false });
    expect(error.message).toMatch(/^Server "plant": .*is not a time/);
  });
});

describe('an answer', () => {
  it.each([
    ['null', 'null'],
    ['no list', '{"samples":{}}'],
    ['a list of nothing', '{"samples":[null]}'],
    ['a structure as value', '{"samples":[{"key":"2026-03-14T00:00:00Z","value":{}}]}'],
  ])('that is %s is the fault of the server', async (_what, body) => {
    if (body === 'null') {
      expect((await read(() => ({ body }))).rows).toEqual([]);
      return;
    }
    expect(await rejection(read(() => ({ body })))).toMatchObject({ code: 'sourceError' });
  });

  it('may leave out the list', async () => {
    expect((await read(() => ({ body: {} }))).pages).toEqual([]);
  });

  it('with samples out of order is refused, within a page and between pages', async () => {
    const [early, late] = ['2026-03-14T01:00:00Z', '2026-03-14T02:00:00Z'];
    const within = {
      samples: [
        { key: late, value: 1 },
        { key: early, value: 2 },
      ],
    };
    expect((await rejection(read(() => ({ body: within })))).message).toContain('not in order at 2026-03-14T01');
    const between = ({ query }: RudeRequest) => ({
      body: query.has('continuationToken')
        ? { samples: [{ key: early, value: 1 }] }
        : { samples: [{ key: late, value: 2 }], continuationToken: 'next' },
    });
    expect((await rejection(read(between))).message).toContain('out of order at 2026-03-14T01');
  });

  it('of fractions of different length is in order as time goes', async () => {
    const keys = [
      '2026-03-14T01:00:00Z',
      '2026-03-14T01:00:00.000000001Z',
      '2026-03-14T01:00:00.1Z',
      '2026-03-14T01:00:00.100000001Z',
    ];
    const { rows } = await read(() => ({ body: { samples: keys.map((key) => ({ key, value: 1 })) } }));
    expect(rows.map(({ time }) => time)).toEqual(keys);
  });

  it('that goes beyond the range is cut to it', async () => {
    const keys = ['2026-03-13T23:59:59.999999999Z', ...DAY, '2026-03-15T00:00:00.000000001Z'];
    const { rows } = await read(() => ({
      body: { samples: keys.map((key) => ({ key, value: key, isUncertain: key === DAY[1] })) },
    }));
    expect(rows).toEqual([
      { time: DAY[0], value: DAY[0], status: 'Good' },
      { time: DAY[1], value: DAY[1], status: 'Questionable' },
    ]);
  });
});

describe('a server without tokens', () => {
  const keys = Array.from({ length: 95 }, (_unused, n) => new Date(Date.UTC(2026, 2, 14, 0, n)).toISOString());
  const old = (limit: number) => (request: RudeRequest) => {
    const start = request.query.get('start') ?? '';
    const asked = Number(request.query.get('limit'));
    const most = Math.min(limit, asked);
    const samples = keys.filter((key) => new Date(key) >= new Date(start)).slice(0, most);
    return { body: { limit: most, samples: samples.map((key) => ({ key, value: 1 })) } };
  };

  it.each([10, 19, 95, 96, 1000])('that gives at most %i samples loses none', async (limit) => {
    const { rows } = await read(old(limit));
    expect(rows.map(({ time }) => time)).toEqual(keys);
  });

  it('and gives fewer samples than have one time is refused, never cut', async () => {
    const samples = Array.from({ length: 5 }, (_unused, value) => ({ key: DAY[0], value }));
    const error = await rejection(read(() => ({ body: { limit: 5, samples } })));
    expect(error).toMatchObject({ code: 'sourceError' });
    expect(error.message).toContain('more samples at 2026-03-14T00:00:00Z than fit into one page');
  });
});
