/** A server that is down: found once, tried now and then, and everything at once again when it is back. */
import { describe, expect, it } from 'vitest';
import { DriverError } from '../../../src/contract/errors.ts';
import { Availability } from '../../../src/sources/seeq/availability.ts';

/** A clock that the test moves, and jitter that is none. */
function manual() {
  let nowMs = 0;
  const availability = new Availability(
    () => nowMs,
    () => 0.5,
  );
  const passes = (): boolean => {
    try {
      availability.check();
      return true;
    } catch {
      return false;
    }
  };
  return {
    availability,
    passes,
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

const failure = new DriverError('sourceUnavailable', 'nobody is there');

describe('while a server is down', () => {
  it('calls fail at once with what was found, and one at a time tries again', () => {
    const { availability, passes, wait } = manual();
    expect([passes(), passes()]).toEqual([true, true]);
    availability.failed(failure);
    expect(() => {
      availability.check();
    }).toThrow(failure);
    wait(249);
    expect(passes()).toBe(false);
    wait(1);
    expect([passes(), passes(), passes()]).toEqual([true, false, false]);
  });

  it('the pauses double up to ten seconds', () => {
    const { availability, passes, wait } = manual();
    const pauses: number[] = [];
    for (let n = 0; n < 8; n++) {
      availability.failed(failure);
      let pause = 0;
      while (!passes()) {
        wait(1);
        pause++;
      }
      pauses.push(pause);
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('failures of calls that were on the way together count once', () => {
    const { availability, passes, wait } = manual();
    for (let n = 0; n < 100; n++) availability.failed(failure);
    wait(250);
    expect(passes()).toBe(true);
  });
});

it('an answer, whatever it says, ends the pause and its doubling', () => {
  const { availability, passes, wait } = manual();
  availability.failed(failure);
  wait(250);
  availability.failed(failure);
  availability.reached();
  expect([passes(), passes()]).toEqual([true, true]);
  availability.failed(failure);
  wait(250);
  expect(passes()).toBe(true);
});
