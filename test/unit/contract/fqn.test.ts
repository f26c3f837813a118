import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fqn, formatFqn, fqnKinds, fqnParts, parseFqn } from '../../../src/contract/fqn.ts';

const name = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());
const fqn: fc.Arbitrary<Fqn> = fc
  .record({
    host: name,
    kind: fc.constantFrom(...fqnKinds),
    id: name,
    capsuleId: name,
    part: fc.option(fc.record({ type: fc.constantFrom(...fqnParts), name }), { nil: undefined }),
  })
  .map(({ host, kind, id, capsuleId, part }) => ({
    scheme: 'seeq',
    host,
    kind,
    id,
    ...(kind === 'capsule' ? { capsuleId } : {}),
    ...(part ? { part } : {}),
  }));

describe('FQN', () => {
  it('gives back every name that went in', () => {
    fc.assert(
      fc.property(fqn, (value) => {
        expect(parseFqn(formatFqn(value))).toEqual(value);
      }),
    );
  });

  it('has its documented form', () => {
    expect(
      formatFqn({ scheme: 'seeq', host: 'plant a', kind: 'asset', id: 'X', part: { type: 'attribute', name: 'a/b' } }),
    ).toBe('seeq:plant%20a/asset/X/attribute/a%2Fb');
  });

  it.each([
    ['', 'scheme'],
    ['plant-a/signal/X', 'scheme'],
    ['seeq:plant-a', 'too short'],
    ['seeq:plant-a//X', 'empty part'],
    ['seeq:plant-a/pump/X', 'kind'],
    ['seeq:plant-a/capsule/X', 'capsule'],
    ['seeq:plant-a/signal/X/tail/Y', 'part'],
    ['seeq:plant-a/signal/X/property', 'name of the property'],
    ['seeq:plant-a/signal/X/property/Y/Z', 'more parts'],
    ['seeq:plant-a/signal/%zz', 'percent-encoding'],
  ])('refuses %j and says why', (text, why) => {
    expect(() => parseFqn(text)).toThrow(why);
  });
});
