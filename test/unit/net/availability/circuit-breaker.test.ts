/** A server that is sick: found once, looked at now and then, and everything at once again when it is well. */
import { describe, expect, it } from 'vitest';
import { DriverError } from '../../../../src/contract/errors.ts';
import { CircuitBreaker } from '../../../../src/net/availability/circuit-breaker.ts';

const failure = new DriverError('sourceUnavailable', 'nobody is there');

/** A clock that the test moves, and jitter that is none. */
function manual() {
  let nowMs = 0;
  const circuit = new CircuitBreaker(
    () => nowMs,
    () => 1,
  );
  return {
    circuit,
    /** How a call fares: it passes, it fails at once, or it looks at the server and fails with it. */
    admitted: async (look: () => Promise<void> = () => Promise.reject(failure)) => {
      const seen = { looked: false };
      try {
        await circuit.admit(() => {
          seen.looked = true;
          return look();
        });
        return seen.looked ? 'passed after a look' : 'passed';
      } catch {
        return seen.looked ? 'looked' : 'failed at once';
      }
    },
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('while a server is sick', () => {
  it('calls fail at once with what was found, and after a pause one at a time looks at it', async () => {
    const { circuit, admitted, wait } = manual();
    expect(await admitted()).toBe('passed');
    circuit.open(failure);
    await expect(circuit.admit(() => Promise.resolve())).rejects.toBe(failure);
    wait(249);
    expect(await admitted()).toBe('failed at once');
    wait(1);
    let well: () => void = () => undefined;
    const looking = admitted(() => new Promise((resolve) => (well = resolve)));
    wait(60_000);
    expect([await admitted(), await admitted()]).toEqual(['failed at once', 'failed at once']);
    well();
    expect(await looking).toBe('passed after a look');
    expect([circuit.isOpen, await admitted()]).toEqual([false, 'passed']);
  });

  it('the pauses between looks double up to ten seconds, and begin again after it was well', async () => {
    const { circuit, admitted, wait } = manual();
    circuit.open(failure);
    for (const pause of [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      wait(pause - 1);
      expect(await admitted()).toBe('failed at once');
      wait(1);
      expect(await admitted()).toBe('looked');
    }
    circuit.close();
    circuit.open(failure);
    wait(250);
    expect(await admitted()).toBe('looked');
  });

  it('failures of calls that were under way together count once', async () => {
    const { circuit, admitted, wait } = manual();
    for (let n = 0; n < 100; n++) circuit.open(failure);
    wait(250);
    expect(await admitted()).toBe('looked');
  });
});

describe('answers that fail and may be better the next time', () => {
  it('mean that the server is sick only when many come in a row, over some time', () => {
    const { circuit, wait } = manual();
    for (let n = 0; n < 1000; n++) circuit.failed(failure);
    expect(circuit.isOpen).toBe(false);
    wait(5000);
    circuit.failed(failure);
    expect(circuit.isOpen).toBe(true);
  });

  it('do not, with a good one between', () => {
    const { circuit, wait } = manual();
    for (let n = 0; n < 1000; n++) {
      for (let failed = 0; failed < 9; failed++) circuit.failed(failure);
      wait(5000);
      circuit.close();
    }
    expect(circuit.isOpen).toBe(false);
  });
});
