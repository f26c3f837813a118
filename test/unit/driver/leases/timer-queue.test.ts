/** The line of what is due, against the plainest one there is. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Due, TimerQueue } from '../../../../src/driver/leases/timer-queue.ts';

interface Member extends Due {
  name: number;
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), name: fc.nat(20), at: fc.integer({ min: -5, max: 50 }) }),
  fc.record({ kind: fc.constant('remove' as const), name: fc.nat(20) }),
  fc.record({ kind: fc.constant('take' as const), now: fc.integer({ min: -5, max: 50 }) }),
);

it('gives the earliest first, in any order of additions and removals', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const members = Array.from({ length: 21 }, (_none, name): Member => ({ name, dueAt: 0, index: -1 }));
      const line = new TimerQueue<Member>();
      const plain = new Map<number, number>();
      for (const one of steps) {
        if (one.kind === 'take') {
          const first = Math.min(...plain.values());
          const taken = line.take(one.now);
          if (first <= one.now) {
            expect(taken?.dueAt).toBe(first);
            expect(plain.get(taken?.name ?? -1)).toBe(first);
            plain.delete(taken?.name ?? -1);
          } else expect(taken).toBeUndefined();
        } else {
          const member = members[one.name] ?? expect.fail();
          if (one.kind === 'put') {
            line.put(member, one.at);
            plain.set(one.name, one.at);
          } else {
            line.remove(member);
            plain.delete(one.name);
          }
        }
        expect(line.length).toBe(plain.size);
        expect(line.nextAt).toBe(plain.size === 0 ? undefined : Math.min(...plain.values()));
      }
    }),
  );
});
