/** What a replica knows of the others. */
import { expect, it } from 'vitest';
import type { Health } from '../../../src/contract/health.ts';
import { Replicas } from '../../../src/telemetry/replicas.ts';

const health = (instance: string, state: Health['state'] = 'ok') =>
  ({
    instance,
    version: '1',
    started: '2026-01-01T00:00:00.000Z',
    state,
    reasons: [],
    servers: [],
  }) as unknown as Health;

function replicas(answers: () => unknown[] | undefined) {
  let description: () => object | undefined = () => undefined;
  const queries = {
    descriptions: async () => answers(),
    serveDescription: (own: typeof description) => (description = own),
  };
  let nowMs = 0;
  const known = new Replicas(
    queries,
    () => health('own', 'degraded'),
    () => nowMs,
  );
  return { known, description: () => description(), later: () => (nowMs += 6000) };
}

it('a replica describes itself by its health, and names no server', () => {
  const { description } = replicas(() => []);
  expect(description()).toEqual({
    ...{ instance: 'own', version: '1', started: '2026-01-01T00:00:00.000Z', state: 'degraded', reasons: [] },
  });
});

it('one that no longer answers is remembered, unless it has said that it stops', async () => {
  let answers: unknown[] | undefined = [health('b'), health('a', 'stopping'), { nonsense: true }, undefined];
  const { known, later } = replicas(() => answers);
  const seen = () => known.others.map(({ instance, isPresent }) => `${instance} ${isPresent}`);
  await known.refresh();
  expect(seen()).toEqual(['a true', 'b true']);
  answers = [];
  await known.refresh();
  expect(seen()).toEqual(['a true', 'b true']);
  later();
  await known.refresh();
  expect(seen()).toEqual(['a false', 'b false']);
  later();
  await known.refresh();
  expect(seen()).toEqual(['b false']);
});

it('without a bus nothing is known about them, so nothing changes', async () => {
  let answers: unknown[] | undefined = [health('b')];
  const { known, later } = replicas(() => answers);
  await known.refresh();
  answers = undefined;
  later();
  await known.refresh();
  expect(known.others).toMatchObject([{ instance: 'b', isPresent: true }]);
});
