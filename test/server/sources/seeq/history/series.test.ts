/** Samples of a signal: complete and in order whatever the size of the pages, at exact borders, with untouched keys. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Boundary } from '../../../../../src/contract/functions/data.ts';
import { formatInstant, parseInstant } from '../../../../../src/contract/time/instant.ts';
import type { SeeqSource } from '../../../../../src/sources/seeq/source.ts';
import {
  collect,
  freeCall,
  idOf,
  plainClient,
  plant,
  range,
  rejection,
  type Row,
  rowsOf,
  signalFqn,
} from '../support.ts';

const SIGNALS = 'Special Cases >> Signals';
const path = (name: string) => `${SIGNALS} >> ${name}`;

async function rows(source: SeeqSource, name: string, start: string, end: string, boundary: Boundary = 'inside') {
  const pages = await collect(source.samples(signalFqn(path(name)), range(start, end), boundary, freeCall()));
  return pages.flatMap(rowsOf);
}

describe('borders', () => {
  const threeSamples = async (start: string, end: string, boundary: Boundary) =>
    (await rows((await plant()).source, 'Three Samples', start, end, boundary)).map(({ time, value }) => [
      time.slice(11, -1),
      value,
    ]);

  it('inside gives what lies in the range, both ends included', async () => {
    expect(await threeSamples('2020-01-01T00:00:00Z', '2020-01-01T00:01:00Z', 'inside')).toEqual([
      ['00:00:00', 1],
      ['00:01:00', 2],
    ]);
    expect(await threeSamples('2020-01-01T00:00:00.000000001Z', '2020-01-01T00:00:59.999999999Z', 'inside')).toEqual(
      [],
    );
  });

  it('outside gives the nearest samples before and after too', async () => {
    expect(await threeSamples('2020-01-01T00:00:50Z', '2020-01-01T00:01:50Z', 'outside')).toEqual([
      ['00:00:00', 1],
      ['00:01:00', 2],
      ['00:02:00', 3],
    ]);
  });

  it('interpolated gives values at both ends', async () => {
    expect(await threeSamples('2020-01-01T00:00:30Z', '2020-01-01T00:01:30Z', 'interpolated')).toEqual([
      ['00:00:30', 1.5],
      ['00:01:00', 2],
      ['00:01:30', 2.5],
    ]);
  });

  it('of an empty range give the sample that lies on it', async () => {
    const at = '2020-01-01T00:01:00Z';
    expect(await threeSamples(at, at, 'inside')).toEqual([['00:01:00', 2]]);
    expect(await threeSamples('2020-01-01T00:01:01Z', '2020-01-01T00:01:01Z', 'inside')).toEqual([]);
  });

  it('of a signal without samples give nothing, not even an empty page', async () => {
    const { source } = await plant();
    const pages = await collect(
      source.samples(
        signalFqn(path('Empty')),
        range('2020-01-01T00:00:00Z', '2026-01-01T00:00:00Z'),
        'outside',
        freeCall(),
      ),
    );
    expect(pages).toEqual([]);
  });
});

const BOUNDARY = { inside: 'Inclusive', outside: 'Outside', interpolated: 'Interpolate' };

/** The same samples as a plain client reads them, in one call. */
async function plainRows(
  read: Awaited<ReturnType<typeof plainClient>>,
  name: string,
  start: string,
  end: string,
  boundary: Boundary,
): Promise<Row[]> {
  const body = (await read(`/signals/${idOf(path(name))}/samples`, {
    start,
    end,
    boundaryValues: BOUNDARY[boundary],
    limit: '1000000',
  })) as {
    samples: { key: string; value?: number | string; isUncertain: boolean }[];
  };
  const states = body.samples.some(({ value }) => String(value).startsWith('ENUM'));
  return body.samples.map(({ key, value, isUncertain }) => {
    const match = /^ENUM\{\{(-?\d+)\|(.*)\}\}$/.exec(String(value));
    return {
      time: key,
      value: match ? match[2] : (value ?? null),
      status: value === undefined ? 'Bad Data' : isUncertain ? 'Questionable' : 'Good',
      ...(states ? { state: match ? Number(match[1]) : null } : {}),
    };
  });
}

const MINUTE = 60_000_000_000n;
const start = parseInstant('2026-03-14T00:00:00Z') ?? 0n;
const window = fc
  .tuple(fc.bigInt(0n, 36n * 60n * MINUTE), fc.bigInt(0n, 4n * 60n * MINUTE))
  .map(([offset, length]) => [formatInstant(start + offset), formatInstant(start + offset + length)] as const);
const signal = fc.constantFrom(
  'Nanoseconds',
  'Gappy',
  'Bad and Uncertain',
  'Bad Text',
  'Enumeration',
  'Step',
  'Forecast',
  'Extreme Numbers',
  'Slow',
);
const boundary = fc.constantFrom<Boundary>('inside', 'outside', 'interpolated');

describe.each([
  [66, 'absent', 7],
  [66, 'mixed', 100],
  [66, 'null', 1000],
  [61, 'absent', 11],
  [61, 'mixed', 100],
  [61, 'absent', 100_000],
] as const)('release %i, members without value %s, pages of %i', (release, absent, pageSamples) => {
  it('gives what a plain client reads in one call', async () => {
    const { seeq, source } = await plant({ release, behaviour: { absent } }, { pageSamples });
    await seeq.control.set({ absent: 'absent' });
    const read = await plainClient(seeq.url);
    await fc.assert(
      fc.asyncProperty(signal, window, boundary, async (name, [from, to], edge) => {
        await seeq.control.set({ absent: 'absent' });
        const plain = await plainRows(read, name, from, to, edge);
        await seeq.control.set({ absent });
        const own = await rows(source, name, from, to, edge);
        // Whether any of the samples has a state decides whether a page tells states.
        expect(own.map(({ time, value, status }) => ({ time, value, status }))).toEqual(
          plain.map(({ time, value, status }) => ({ time, value, status })),
        );
        for (const [at, row] of own.entries()) expect(row.state ?? null).toBe(plain[at]?.state ?? null);
      }),
      { numRuns: pageSamples < 50 ? 12 : 25 },
    );
  });
});

describe('keys', () => {
  it('keep all nine digits', async () => {
    const { source } = await plant();
    const times = (await rows(source, 'Nanoseconds', '2026-03-14T00:00:00Z', '2026-03-14T00:05:00Z')).map(
      ({ time }) => time,
    );
    expect(times.length).toBeGreaterThan(250);
    expect(times.filter((time) => /\.\d{9}Z$/.test(time)).length).toBeGreaterThan(250);
  });

  it.each([
    [66, 10],
    [66, 5],
    [61, 7],
    [61, 5],
    [61, 2],
    [61, 1],
  ])('that are equal are all given (release %i, pages of %i)', async (release, pageSamples) => {
    const { source } = await plant({ release }, { pageSamples });
    const values = (from: string, to: string) =>
      rows(source, 'Equal Keys', from, to).then((all) => all.map(({ value }) => value));
    expect(await values('2020-01-01T11:00:00Z', '2020-01-01T13:00:00Z')).toEqual([0, 1, 2, 3, 4, 5, 6]);
    // The range ends among them.
    expect(await values('2020-01-01T11:00:00Z', '2020-01-01T12:00:00Z')).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('of which more are equal than fit into a page are an error, never a loss', async () => {
    const { source } = await plant({}, { pageSamples: 3 });
    const error = await rejection(rows(source, 'Equal Keys', '2020-01-01T11:00:00Z', '2020-01-01T13:00:00Z'));
    expect(error).toMatchObject({ code: 'sourceError', details: { status: 400 } });
    expect(error.message).toContain('Cannot paginate this window');
  });
});

describe('values', () => {
  it('of an enumeration are its names, with the numbers beside them', async () => {
    const { source } = await plant();
    const found = await rows(source, 'Enumeration', '2026-03-14T00:00:00Z', '2026-03-14T12:00:00Z');
    expect(new Set(found.map(({ value, state }) => `${String(state)} ${String(value)}`))).toEqual(
      new Set(['0 OFF', '1 ON', '2 LOCAL | REMOTE', '-3 Störung']),
    );
  });

  it('that are missing are bad, those that may change are questionable', async () => {
    const { source } = await plant();
    const found = await rows(source, 'Bad and Uncertain', '2026-03-14T00:00:00Z', '2026-03-14T00:07:00Z');
    expect(found.map(({ status }) => status)).toEqual([
      'Good',
      'Good',
      'Good',
      'Bad Data',
      'Good',
      'Questionable',
      'Good',
      'Good',
    ]);
    expect(found[3]?.value).toBeNull();
  });

  it('keep text and extreme numbers as they are', async () => {
    const { source } = await plant();
    const text = await rows(source, 'Bad Text', '2026-03-14T00:00:00Z', '2026-03-14T00:00:00Z');
    expect(text[0]?.value).toMatch(/^Recipe "\d" \\ Größe$/);
    const numbers = await rows(source, 'Extreme Numbers', '2026-03-14T00:00:00Z', '2026-03-14T02:00:00Z');
    expect(new Set(numbers.map(({ value }) => value))).toEqual(
      new Set([0, -1.5, 1.7976931348623157e308, 5e-324, -273.15, 9007199254740991, 0.1]),
    );
  });
});

describe('what has no samples', () => {
  it.each([
    ['scalar', {}, 'notFound'],
    ['scalar', { part: { type: 'property', name: 'Name' } }, 'unsupported'],
    ['condition', {}, 'unsupported'],
    ['signal', { part: { type: 'property', name: 'Name' } }, 'unsupported'],
    ['signal', { part: { type: 'attribute', name: 'Name' } }, 'unsupported'],
  ] as const)('a %s %j is refused as %s', async (kind, part, code) => {
    const { source } = await plant();
    const samples = source.samples(
      { ...signalFqn(path('Fast')), kind, ...part },
      range('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
      'inside',
      freeCall(),
    );
    expect(await rejection(collect(samples))).toMatchObject({ code });
  });

  it('an id that is no GUID is refused before it is sent', async () => {
    const { seeq, source } = await plant();
    const samples = source.samples(
      { ...signalFqn('x'), id: '../../users/me' },
      range('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
      'inside',
      freeCall(),
    );
    expect(await rejection(collect(samples))).toMatchObject({ code: 'badRequest', details: { field: 'fqn' } });
    expect(await seeq.control.requests()).toEqual([]);
  });
});

it('reads the signal behind an attribute of an asset', async () => {
  const { source } = await plant();
  const fqn = {
    scheme: 'seeq',
    host: 'plant',
    kind: 'asset',
    id: idOf(SIGNALS),
    part: { type: 'attribute', name: 'Three Samples' },
  } as const;
  const pages = await collect(
    source.samples(fqn, range('2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z'), 'inside', freeCall()),
  );
  expect(pages.flatMap(({ values }) => values)).toEqual([1, 2, 3]);
});

it('reads ahead by one page only, and stops when the reader stops', async () => {
  const { seeq, source } = await plant({}, { pageSamples: 10 });
  for await (const page of source.samples(
    signalFqn(path('Fast')),
    range('2026-03-14T00:00:00Z', '2026-03-14T01:00:00Z'),
    'inside',
    freeCall(),
  )) {
    expect(page.times).toHaveLength(10);
    break;
  }
  const asked = (await seeq.control.requests()).filter(({ operation }) => operation === 'get_samples');
  expect(asked.length).toBeLessThanOrEqual(2);
});
