/** Rate limits and the log of refusals, by a clock that the test moves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../../../../src/ingest/feeds/seneye/http/rate-limit.ts';
import { limited } from '../../../../../src/contract/log.ts';
import { HttpError, HttpErrorLog, retryAfter } from '../../../../../src/ingest/feeds/seneye/http/http-error.ts';
import { TestLog } from '../../../bus/support.ts';

describe('a rate limit', () => {
  const limit = (burst: number, perSecond: number) => {
    const clock = { ms: 0 };
    return { clock, limit: new RateLimit({ burst, perSecond }, () => clock.ms) };
  };

  it('lets a burst pass and then what fills up again, for each key', () => {
    const { clock, limit: rate } = limit(2, 0.5);
    expect([rate.take('a'), rate.take('a'), rate.take('a')]).toEqual([true, true, false]);
    expect(rate.waitSeconds('a')).toBeCloseTo(2);
    expect(rate.waitSeconds('b')).toBe(0);
    expect(rate.take('b')).toBe(true);
    clock.ms = 1999;
    expect(rate.take('a')).toBe(false);
    clock.ms = 2000;
    expect(rate.waitSeconds('a')).toBe(0);
    expect([rate.take('a'), rate.take('a')]).toEqual([true, false]);
    clock.ms = 1e9;
    expect([rate.take('a'), rate.take('a'), rate.take('a')]).toEqual([true, true, false]);
  });

  it('never lets more pass than the burst and what time has added', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(0.5, 1, 4),
        fc.array(fc.nat(1000), { maxLength: 100 }),
        (burst, perSecond, steps) => {
          const { clock, limit: rate } = limit(burst, perSecond);
          let passed = 0;
          for (const step of steps) {
            clock.ms += step;
            if (rate.take('a')) passed++;
          }
          expect(passed).toBeLessThanOrEqual(burst + (clock.ms / 1000) * perSecond + 1e-6);
        },
      ),
    );
  });

  it('forgets the key that was used longest ago, so that strangers cannot fill the memory', () => {
    const { limit: rate } = limit(1, 0.001);
    rate.take('first');
    rate.take('second');
    for (let number = 0; number < 998; number++) rate.take(`stranger ${number}`);
    expect(rate.take('first')).toBe(false);
    rate.take('one more');
    expect(rate.take('second')).toBe(true);
    expect(rate.take('first')).toBe(false);
  });
});

describe('the log of refusals', () => {
  const refusal = (code: 'signature' | 'unknownSource' = 'signature'): HttpError =>
    new HttpError(code, 401, 'No.', { hint: 'Look here.' });

  it('has a bound for each kind and source, and gives the number left out', () => {
    const log = new TestLog();
    const refusals = new HttpErrorLog(log);
    for (let number = 0; number < 1000; number++) refusals.log(refusal(), 'home', {});
    refusals.log(refusal('unknownSource'), undefined, { source: 'a\r\nb' });
    refusals.log(refusal(), 'other', {});
    expect(log.lines).toHaveLength(12);
    expect(log.lines[0]).toMatchObject({ message: 'A seneye post was answered 401: No. Look here.' });
    expect(log.lines[10]?.facts).toMatchObject({ reason: 'unknownSource', status: 401 });
    limited(log).flush();
    expect(log.lines[12]).toMatchObject({ level: 'warn', facts: { kind: 'seneye signature home', leftOut: 990 } });
  });

  it('gives senders whole seconds, and never zero', () => {
    expect([0, 0.2, 1, 1.5].map((seconds) => retryAfter(seconds)['Retry-After'])).toEqual(['1', '1', '1', '2']);
  });
});
