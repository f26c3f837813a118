/** What is drawn of a series: no line where there is no value. */
import { describe, expect, it } from 'vitest';
import { plotOf } from '../../../../src/http/page/plot.ts';

const at = (second: number): string => new Date(second * 1000).toISOString();
const chunk = (seconds: number[], values: unknown[], more: object = {}) => ({
  ...{ index: 0, fqn: 'seeq:north/signal/1', times: seconds.map(at), values },
  ...more,
});

describe('the line', () => {
  it('joins the chunks of one series', () => {
    const plot = plotOf([chunk([1, 2], [10, 20], { more: true, unit: '°C' }), chunk([3], [30], { step: true })]);
    expect(plot).toMatchObject({
      unit: '°C',
      step: true,
      line: [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
    });
  });

  it('ends at bad values, at gaps and at texts', () => {
    const { line } = plotOf([
      chunk([1, 2, 3, 4, 5], [10, null, 30, 40, 'ON'], {
        flags: [[1, 1, 'Bad Data']],
        gaps: [[at(3), at(4)]],
      }),
    ]);
    expect(line).toEqual([
      [1, 10],
      [2, null],
      [3, 30],
      [3.999, null],
      [4, 40],
      [5, null],
    ]);
  });

  it('goes on as long as the last value holds, and no longer', () => {
    expect(plotOf([chunk([1, 2], [10, 20], { holdsUntil: at(9) })]).line).toEqual([
      [1, 10],
      [2, 20],
      [9, 20],
    ]);
    expect(plotOf([chunk([1, 2], [10, 20])]).line).toEqual([
      [1, 10],
      [2, 20],
    ]);
  });
});

it('a tag that failed has its reason', () => {
  const error = { code: 'notFound', message: 'There is no such tag.', retryable: false };
  expect(plotOf([{ index: 0, fqn: 'x', error }])).toMatchObject({ samples: [], error: 'There is no such tag.' });
});
