/** The newest value of a part: an attribute of the latest timeframe, a property; and what has none. */
import { describe, expect, it } from 'vitest';
import type { Fqn } from '../../../../../src/contract/fqn.ts';
import { parseInstant } from '../../../../../src/contract/time/instant.ts';
import { freeCall, idOf, plant, rejection } from '../support.ts';

const CONDITIONS = 'Special Cases >> Conditions';
const fqn = (kind: Fqn['kind'], path: string, part?: Fqn['part']): Fqn => ({
  ...{ scheme: 'seeq', host: 'plant', kind, id: idOf(path) },
  ...(part ? { part } : {}),
});
const attributeOf = (condition: string, name: string) =>
  fqn('condition', `${CONDITIONS} >> ${condition}`, { type: 'attribute', name });

describe('a snapshot', () => {
  const open = async () => {
    const { source } = await plant();
    return (of: Fqn, time = '2026-03-14T12:05:00Z') => source.snapshot(of, parseInstant(time) ?? 0n, freeCall());
  };

  it('of an attribute of a condition is that of its latest timeframe', async () => {
    const read = await open();
    expect(await read(attributeOf('215 Capsules', 'Number'), '2020-01-01T04:30:00Z')).toEqual({
      ...{ value: 2, time: '2020-01-01T04:00:00Z', status: 'Good' },
    });
    expect(await read(attributeOf('Alarms', 'Level'))).toMatchObject({ unit: '°C', time: '2026-03-14T12:00:00Z' });
    expect(await read(attributeOf('Open Start', 'Reason'), '2020-01-01T12:00:00Z')).toMatchObject({ time: null });
    expect(await read(attributeOf('Open End', 'Reason'), '2020-01-02T00:00:00Z')).toMatchObject({
      ...{ value: 'not over yet', status: 'Questionable' },
    });
  });

  it('of an attribute of a condition that is never true is bad and has no time', async () => {
    const read = await open();
    expect(await read(attributeOf('No Capsules', 'Number'))).toEqual({ value: null, time: null, status: 'Bad Data' });
  });

  it.each([
    ['an attribute that no timeframe has', attributeOf('215 Capsules', 'Nonsense'), 'notFound'],
    [
      'a property that the item has not',
      fqn('signal', `${CONDITIONS} >> Alarms`, { type: 'property', name: 'X' }),
      'notFound',
    ],
    ['a condition itself', fqn('condition', `${CONDITIONS} >> Alarms`), 'unsupported'],
    [
      'a part of a timeframe',
      fqn('capsule', `${CONDITIONS} >> Alarms`, { type: 'property', name: 'X' }),
      'unsupported',
    ],
  ])('of %s is refused', async (_what, of, code) => {
    expect(await rejection((await open())(of))).toMatchObject({ code });
  });
});
