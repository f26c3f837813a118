/** The gate: places, turns and the queue, for any order in which calls come, end, fail and are given up. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DriverError } from '../../../../src/contract/errors.ts';
import { FairLimiter } from '../../../../src/driver/limits/fair-limiter.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

/** A call that runs until the test ends it. */
class ManualCall {
  started = 0;
  readonly outcome: Promise<string>;
  #finish!: (failed: boolean) => void;

  constructor(
    enter: (call: () => Promise<void>) => Promise<void>,
    onStart: (call: ManualCall) => void = () => undefined,
  ) {
    const body = () => {
      this.started++;
      onStart(this);
      return new Promise<void>((resolve, reject) => {
        this.#finish = (failed) => {
          if (failed) reject(new Error('failed'));
          else resolve();
        };
      });
    };
    this.outcome = enter(body).then(
      () => 'done',
      (error: unknown) => (error instanceof DriverError ? error.code : (error as Error).message),
    );
  }

  get running(): boolean {
    return this.started > 0;
  }

  finish(failed = false): void {
    this.#finish(failed);
  }
}

/** Lets everything happen that needs no further event. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('call' as const), lane: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(), failed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), lane: fc.nat(3) }) },
);

describe('whatever happens', () => {
  it('places are never exceeded, and every call runs once or is rejected', async () => {
    const scenario = fc.record({
      places: fc.integer({ min: 1, max: 4 }),
      queue: fc.integer({ min: 0, max: 6 }),
      steps: fc.array(step, { maxLength: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ places, queue, steps }) => {
        const gate = new FairLimiter('plant', places, queue);
        const controllers = Array.from({ length: 4 }, () => new AbortController());
        const lanes = controllers.map(({ signal }) => gate.lane(signal));
        const calls: ManualCall[] = [];
        const running = new Set<ManualCall>();
        for (const one of steps) {
          if (one.kind === 'call') {
            const call: ManualCall = new ManualCall(
              (body) => lanes[one.lane]?.run(body) ?? Promise.resolve(),
              (started) => running.add(started),
            );
            calls.push(call);
          } else if (one.kind === 'abort') {
            controllers[one.lane]?.abort(new DriverError('cancelled', 'over'));
          } else {
            const call = [...running][one.which % Math.max(1, running.size)];
            if (call) {
              running.delete(call);
              call.finish(one.failed);
            }
          }
          await settle();
          expect(running.size).toBeLessThanOrEqual(places);
          expect(gate.load.running).toBe(running.size);
          expect(gate.load.waiting).toBeLessThanOrEqual(queue);
          // Nobody waits while there is a place.
          if (gate.load.waiting > 0) expect(running.size).toBe(places);
        }
        while (running.size > 0) {
          const [call] = running;
          if (call) {
            running.delete(call);
            call.finish();
          }
          await settle();
        }
        for (const call of calls) {
          const outcome = await call.outcome;
          expect(call.started).toBe(['done', 'failed'].includes(outcome) ? 1 : 0);
          expect(['done', 'failed', 'cancelled', 'overloaded']).toContain(outcome);
        }
        expect(gate.load).toEqual({ running: 0, waiting: 0 });
      }),
      { numRuns: propertyRuns(150) },
    );
  });
});

describe('turns', () => {
  it('go from request to request, whatever the number of their calls', async () => {
    const gate = new FairLimiter('plant', 1, 1000);
    const order: string[] = [];
    const open = new AbortController().signal;
    const lanes = { big: gate.lane(open), small: gate.lane(open), single: gate.lane(open) };
    const running: ManualCall[] = [];
    const start = (name: keyof typeof lanes) =>
      new ManualCall(
        (body) => lanes[name].run(body),
        (call) => {
          order.push(name);
          running.push(call);
        },
      );
    const calls = [...Array<undefined>(6)].map(() => start('big'));
    calls.push(start('small'), start('small'), start('single'));
    for (let n = 0; n < calls.length; n++) {
      await settle();
      running[n]?.finish();
    }
    await Promise.all(calls.map(({ outcome }) => outcome));
    expect(order).toEqual(['big', 'big', 'small', 'single', 'big', 'small', 'big', 'big', 'big']);
  });

  it('are not taken by a call that comes while others wait', async () => {
    const gate = new FairLimiter('plant', 1, 10);
    const open = new AbortController().signal;
    const [first, second] = [gate.lane(open), gate.lane(open)];
    const running = new ManualCall((body) => first.run(body));
    const waiting = new ManualCall((body) => first.run(body));
    running.finish();
    const late = new ManualCall((body) => second.run(body));
    await settle();
    expect([waiting.running, late.running]).toEqual([true, false]);
  });
});

describe('an end of the request', () => {
  it('frees the queue for others at once and leaves running calls to themselves', async () => {
    const gate = new FairLimiter('plant', 1, 2);
    const over = new AbortController();
    const [ending, other] = [gate.lane(over.signal), gate.lane(new AbortController().signal)];
    const running = new ManualCall((body) => ending.run(body));
    const waiting = [1, 2].map(() => new ManualCall((body) => ending.run(body)));
    const refused = new ManualCall((body) => other.run(body));
    expect(await refused.outcome).toBe('overloaded');
    over.abort(new DriverError('timeout', 'over'));
    expect(await Promise.all(waiting.map(({ outcome }) => outcome))).toEqual(['timeout', 'timeout']);
    expect(gate.load).toEqual({ running: 1, waiting: 0 });
    const next = new ManualCall((body) => other.run(body));
    running.finish();
    await settle();
    expect(next.running).toBe(true);
    expect(await new ManualCall((body) => ending.run(body)).outcome).toBe('timeout');
  });
});

it('a full queue reports when to try again', async () => {
  const gate = new FairLimiter('plant', 1, 0);
  const lane = gate.lane(new AbortController().signal);
  const running = new ManualCall((body) => lane.run(body));
  await expect(lane.run(async () => undefined)).rejects.toMatchObject({
    code: 'overloaded',
    retryable: true,
    details: { retryAfterMs: 1000 },
    message: 'Too many calls wait for server "plant"; try again later.',
  });
  expect(running.running).toBe(true);
});
