import { expect, it } from 'vitest';
import { DriverError } from '../../../../src/contract/errors.ts';
import { CLOCK } from '../../../../src/lib/clock.ts';
import { fromThrown, refusal } from '../../../../src/net/errors.ts';
import { ServerCalls } from '../../../../src/net/availability/server-calls.ts';

it('a call that is aborted between two tries ends with the reason of its signal', async () => {
  const controller = new AbortController();
  const reason = new DriverError('sourceUnavailable', 'This replica stops.');
  const label = 'Server "plant"';
  const busy = refusal({ status: 503, body: undefined, retryAfterMs: undefined }, label, '');
  const calls = new ServerCalls({
    ...{ label, connections: 1, requestTimeoutMs: 1000, onSecond: () => undefined },
    failure: (thrown, signal) => fromThrown(thrown, label, signal),
    refused: () => busy,
    small: () => Promise.reject(busy),
    clock: {
      ...CLOCK,
      sleep: (ms, signal) => {
        controller.abort(reason);
        return CLOCK.sleep(ms, signal);
      },
    },
  });
  let tries = 0;
  const attempt = () => {
    tries++;
    return Promise.reject(busy);
  };
  await expect(calls.insist({ signal: controller.signal }, attempt)).rejects.toBe(reason);
  expect(tries).toBe(1);
});
