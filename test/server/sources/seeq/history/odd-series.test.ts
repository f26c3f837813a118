/** Samples of servers that the simulator does not play: whole nanoseconds, other offsets, disorder, short pages. */
import { describe, expect, it } from 'vitest';
import { collect, freeCall, openSource, range, rejection, rowsOf, signalFqn } from '../support.ts';
import { answering, type RudeAnswer, type RudeRequest } from '../misbehaving-server.ts';

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
    ['nothing', '{}'],
    ['a year too many', '{"samples":[{"key":"99999-01-01T00:00:00Z","value":1}]}'],
    ['a year far too many', '{"samples":[{"key":"+099999-01-01T00:00:00Z","value":1}]}'],
    ['a huge number as time', `{"samples":[{"key":${'9'.repeat(400)},"value":1}]}`],
    ['a time of another make', '{"samples":[{"key":"2026-03-14T00:00:6xZ","value":1}]}'],
    ['a day that no month has', '{"samples":[{"key":"2026-02-30T00:00:00Z","value":1}]}'],
  ])('that is %s is the fault of the server', async (_what, body) => {
    expect(await rejection(read(() => ({ body })))).toMatchObject({ code: 'sourceError' });
  });

  it('without its list is no empty series, and the message in its place is reported', async () => {
    const error = await rejection(read(() => ({ body: { statusMessage: 'Request canceled' } })));
    expect(error).toMatchObject({ code: 'sourceError' });
    expect(error.message).toBe(
      'Server "plant": its answer cannot be used: "samples" is absent, not a list; it says: Request canceled.',
    );
  });

  it.each([
    ['NaN', '"NaN"'],
    ['Infinity', '"Infinity"'],
    ['-Infinity', '"-Infinity"'],
    ['a number beyond all bounds', '1e400'],
    ['a text of such a number', '"-1e400"'],
    ['a structure', '{"a":[1]}'],
    ['a list', '[1]'],
  ])('with %s among numbers has bad data there, and all other samples', async (_what, value) => {
    for (const unit of ['', ',"valueUnitOfMeasure":"°C"']) {
      const body = `{"samples":[{"key":"${DAY[0]}","value":1},{"key":"2026-03-14T01:00:00Z","value":${value}},{"key":"2026-03-14T02:00:00Z","value":2}]${unit}}`;
      const { rows } = await read(() => ({ body }));
      expect(rows.map((row) => [row.value, row.status])).toEqual([
        [1, 'Good'],
        [null, 'Bad Data'],
        [2, 'Good'],
      ]);
    }
  });

  it('of text may say NaN, and a number as text is none among numbers with a unit', async () => {
    const body = (value: string, unit: string) => ({
      body: { samples: [{ key: DAY[0], value }], valueUnitOfMeasure: unit },
    });
    expect((await read(() => body('NaN', 'string'))).rows).toMatchObject([{ value: 'NaN', status: 'Good' }]);
    expect((await read(() => body('5', '°C'))).rows).toMatchObject([{ value: null, status: 'Bad Data' }]);
  });

  it('whose certainty cannot be read may still change', async () => {
    const body = { samples: [{ key: DAY[0], value: 1, isUncertain: 'no' }] };
    expect((await read(() => ({ body }))).rows).toMatchObject([{ value: 1, status: 'Questionable' }]);
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

  it('that is nested too deep is not asked for again', async () => {
    const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    let calls = 0;
    const error = await rejection(
      read(() => {
        calls++;
        return { body: `{"samples":[{"key":1773446400000000001,"value":${nested}}]}` };
      }),
    );
    expect(error).toMatchObject({ code: 'sourceError' });
    expect(error.message).toContain('nested too deep');
    expect(calls).toBe(1);
  });

  it.each([
    ['nothing', []],
    ['one sample', [{ key: '2026-03-14T01:00:00Z', value: 1 }]],
  ])('of pages that hold %s and lead to themselves has an end', async (_what, samples) => {
    const error = await rejection(read(() => ({ body: { samples, continuationToken: 'next' } })));
    expect(error).toMatchObject({ code: 'sourceError', retryable: false });
    expect(error.message).toBe('Server "plant" gives the same page again and again.');
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
