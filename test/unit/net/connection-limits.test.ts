/** Which connection is closed when there are too many. */
import { describe, expect, it } from 'vitest';
import { addressGroup, ConnectionLimits, type LimitedSocket } from '../../../src/net/connection-limits.ts';
import { TestLog } from '../../support/driver.ts';

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, ''],
])('the address %s counts as %s', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});

describe('the order in which connections go', () => {
  /** A stand-in for a socket: what matters is its address, and whether it was closed. */
  class Fake implements LimitedSocket {
    static #ports = 0;
    readonly remotePort = ++Fake.#ports;
    readonly remoteAddress: string;
    closed = false;
    #listener = (): void => undefined;

    constructor(remoteAddress: string) {
      this.remoteAddress = remoteAddress;
    }

    destroy(): void {
      this.closed = true;
      this.#listener();
    }

    once(_event: 'close', listener: () => void): void {
      this.#listener = listener;
    }
  }

  const limitsFor = (total: number, perAddress: number) => {
    const clock = { ms: 0 };
    const limits = new ConnectionLimits({
      total,
      perAddress,
      names: { listener: 'the test listener', limits: 'Use fewer.' },
      logger: new TestLog(),
      onClosed: () => undefined,
      now: () => clock.ms,
    });
    const add = (address: string): Fake => {
      const socket = new Fake(address);
      limits.add(socket);
      return socket;
    };
    return { clock, limits, add };
  };

  it('a known sender goes before strangers, for a day', () => {
    const { clock, limits, add } = limitsFor(2, 2);
    limits.trust('10.0.0.1');
    const known = add('10.0.0.1');
    const [first, second] = [add('10.0.0.2'), add('10.0.0.3')];
    expect([known.closed, first.closed, second.closed]).toEqual([false, true, false]);
    limits.works(second);
    expect(add('10.0.0.4').closed).toBe(true);
    // No stranger is left to go.
    expect(add('10.0.0.1').closed).toBe(false);
    expect(known.closed).toBe(true);
    clock.ms = 25 * 3_600_000;
    const last = add('10.0.0.5');
    expect([second.closed, last.closed]).toEqual([false, false]);
  });

  it('one that was worked on has rested for less long', () => {
    const { limits, add } = limitsFor(2, 2);
    const [first, second] = [add('10.0.0.1'), add('10.0.0.2')];
    limits.works(first);
    limits.rests(first);
    add('10.0.0.3');
    expect([first.closed, second.closed]).toEqual([false, true]);
  });

  it('what has closed takes no room', () => {
    const { add } = limitsFor(2, 1);
    for (let round = 0; round < 100; round++) {
      const socket = add('10.0.0.1');
      expect(socket.closed).toBe(false);
      socket.destroy();
    }
  });
});
