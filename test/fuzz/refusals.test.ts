/** Refusing a request costs little, whatever it holds: counted, because a time says nothing on a busy machine. */
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { requestSchema } from '../../src/contract/request.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { parseParams } from '../../src/contract/params.ts';
import { parseRequest } from '../../src/contract/request.ts';
import { MOST_PROBLEMS, validate } from '../../src/contract/validation.ts';
import { expensiveBodies } from '../support/expensive-bodies.ts';

/** A list of which the reads are counted. */
function counted(elements: unknown[]): { list: unknown[]; reads: () => number } {
  let reads = 0;
  const list = new Proxy(elements, {
    get: (target, key, receiver) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  return { list, reads: () => reads };
}

describe('a list', () => {
  const schema = z.strictObject({ few: z.array(z.string()).max(3).optional(), many: z.array(z.string()).optional() });

  it('that is too long is refused before its elements are read', () => {
    const { list, reads } = counted(new Array<number>(500_000).fill(1));
    const result = validate(schema, { few: list });
    expect(result).toMatchObject({ ok: false, issues: [{ path: ['few'] }], more: false });
    expect(JSON.stringify(result.ok ? '' : result.issues)).toContain('not 500000');
    expect(reads()).toBe(0);
  });

  it('without a maximum in the schema is refused by the limit of the caller, before its elements are read', () => {
    const { list, reads } = counted(new Array<number>(500_000).fill(1));
    const refuse = (path: PropertyKey[], length: number) => {
      throw new RangeError(`${path.join('.')} ${length}`);
    };
    expect(() => validate(schema, { many: list }, refuse)).toThrow('many 500000');
    expect(validate(schema, { many: list })).toMatchObject({ ok: false, issues: [{ path: ['many'] }] });
    expect(reads()).toBe(0);
  });

  it('of wrong elements is left after a few of them', () => {
    const { list, reads } = counted(new Array<number>(500_000).fill(1));
    const result = validate(schema, { many: list }, () => undefined);
    expect(result).toMatchObject({ ok: false, issues: { length: MOST_PROBLEMS }, more: true });
    expect(reads()).toBeLessThanOrEqual(2 * MOST_PROBLEMS);
  });
});

describe('every schema of the contract', () => {
  const all: [string, z.ZodType][] = functionTable.map(({ name, params }) => [name, params]);

  it.each([['the envelope', requestSchema] as const, ...all])('%s has a bounded validation', (_name, schema) => {
    // A kind of schema of which nobody has looked at the cost throws.
    validate(schema, {});
  });
});

it('a request of five thousand wrong elements reports the first few, and that there are more', () => {
  const params = { items: new Array<number>(5000).fill(1) };
  const snapshot = functionTable.find(({ name }) => name === 'snapshot') ?? expect.fail('no snapshot');
  try {
    parseParams(snapshot, params, () => undefined);
    expect.fail('was accepted');
  } catch (error) {
    expect(String(error)).toContain('Parameter "items[7]"');
    expect(String(error)).toContain('Further problems are not listed');
    expect(error).toMatchObject({ code: 'badRequest', details: { problems: { length: MOST_PROBLEMS } } });
  }
});

it('names of the sender are repeated shortened and counted', () => {
  const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`${n}-${'k'.repeat(200)}`, n]));
  const parsed = parseRequest(Buffer.from(JSON.stringify({ function: 'version', id: 'a', ...unknown })));
  expect(parsed).toMatchObject({ ok: false, id: 'a', function: 'version' });
  expect(parsed.ok ? '' : parsed.error.message).toContain('has 5000 unknown members');
  expect(JSON.stringify(parsed.ok ? '' : parsed.error.toBody()).length).toBeLessThan(4096);
});

it('"__proto__" is an unknown name like any other', () => {
  for (const text of [
    '{"function":"version","__proto__":{}}',
    '{"function":"snapshot","params":{"items":["x"],"__proto__":{"time":5}}}',
  ]) {
    const parsed = parseRequest(Buffer.from(text));
    expect(parsed.ok ? '' : parsed.error.message).toContain('__proto__" is not a known field');
  }
});

describe('every list, map and text of the contract, filled with 128 KiB', () => {
  it('is refused within a small heap, with a short answer', async () => {
    const worker = new Worker(new URL('refusals-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    });
    const answers = await new Promise<{ name: string; answer: string }[]>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    const names = Array.from(expensiveBodies(1000), ({ name }) => name);
    expect(answers.map(({ name }) => name)).toEqual(names);
    expect(names.length).toBeGreaterThan(500);
    expect(answers.filter(({ answer }) => answer.length > 4096)).toEqual([]);
    // Accepted are a cursor, which is read later, and what "user" may hold besides the known.
    const accepted = answers.filter(({ answer }) => answer === '').map(({ name }) => name);
    expect(accepted.filter((name) => !/: cursor is a long text|: user is a map/.test(name))).toEqual([]);
  });
});
