/** Every schema that reads outside input explains every kind of wrong value in sentences of our own. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { IN_A_FILE, jsonSchemaOf } from '../../../../src/config/json-schema.ts';
import { validate } from '../../../../src/config/rules.ts';
import { configSchema } from '../../../../src/app/configuration.ts';
import { paramsJsonSchema } from '../../../../src/contract/functions/define.ts';
import { functionTable } from '../../../../src/contract/functions/table.ts';
import { parseParams } from '../../../../src/contract/params.ts';
import { parseRequest, requestSchema } from '../../../../src/contract/request.ts';
import { DriverError } from '../../../../src/contract/errors.ts';
import { explain, type SchemaNode } from '../../../../src/lib/wording/explain.ts';
import { problemText } from '../../../../src/lib/wording/problem.ts';

/** What zod says by itself, what stands for an empty name, and what is said when nobody knows better. */
const FORBIDDEN =
  /invalid|too (?:big|small)|unrecognized|expected|received|\bNaN\b|undefined|(?:field|parameter) ""|right form|another value/i;

const WRONG: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  'an empty text': '',
  'a blank': ' ',
  'a text': 'qux',
  'a text of digits': '1795810537',
  'a long text': 'x'.repeat(5000),
  'a control character': 'a\u0001b',
  'half a character': '\ud800',
  true: true,
  'a zero': 0,
  'a negative number': -1,
  'a fraction': 0.5,
  'a large fraction': 1_795_810_537.5,
  'a huge number': 1e300,
  'an empty list': [],
  'a list of a number': [1],
  'a list of null': [null],
  'a list of an object': [{ qux: 1 }],
  'a list of a list': [[]],
  'a long list': new Array<string>(1100).fill('x'),
  'an empty object': {},
  'an object': { qux: 1 },
};

/** Every place of a schema, and a value that has something there. */
function* places(node: SchemaNode, depth = 0): Generator<{ path: string; put: (value: unknown) => unknown }> {
  yield { path: '', put: (value) => value };
  if (depth > 12) return;
  for (const form of node.anyOf ?? [node]) {
    if (form.items) {
      for (const { path, put } of places(form.items, depth + 1)) yield { path: `[0]${path}`, put: (v) => [put(v)] };
    }
    for (const [key, member] of Object.entries(form.properties ?? {})) {
      for (const { path, put } of places(member, depth + 1)) {
        yield { path: `.${key}${path}`, put: (v) => ({ ...filled(form), [key]: put(v) }) };
      }
    }
  }
}

/** The required members, so that rules about the whole are reached. */
const filled = (node: SchemaNode): Record<string, unknown> =>
  Object.fromEntries((node.required ?? []).map((key) => [key, sample(node.properties?.[key])]));

function sample(node: SchemaNode | undefined): unknown {
  const form = node?.anyOf?.[0] ?? node;
  if (form?.const !== undefined) return form.const;
  if (form?.enum) return form.enum[0];
  if (form?.properties) return filled(form);
  if (form?.type === 'array') return [sample(form.items)];
  return form?.type === 'boolean' ? true : form?.type === 'string' ? 'x' : (form?.minimum ?? 1);
}

function check(where: string, text: string): void {
  expect(text, where).not.toMatch(FORBIDDEN);
  expect(text, where).toMatch(/\S/);
}

/** Checks each refusal, and returns how many there were. */
function refusals(schema: SchemaNode, refusal: (value: unknown) => string[]): number {
  let count = 0;
  for (const { path, put } of places(schema)) {
    for (const [what, wrong] of Object.entries(WRONG)) {
      const json = JSON.stringify(put(wrong)) as string | undefined;
      if (json === undefined) continue;
      for (const text of refusal(JSON.parse(json) as unknown)) {
        check(`${what} at ${path}`, text);
        count++;
      }
    }
  }
  return count;
}

function thrown(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    return [error.message, ...(error.details?.problems as { message: string }[]).map(({ message }) => message)];
  }
}

describe('in sentences of our own', () => {
  it.each(functionTable.map((declaration) => [declaration.name, declaration] as const))('%s', (_name, declaration) => {
    const node = paramsJsonSchema(declaration) as SchemaNode;
    const count = refusals(node, (value) => thrown(() => parseParams(declaration, value, () => undefined)));
    expect(count).toBeGreaterThan(0);
  });

  it('the envelope', () => {
    const node = z.toJSONSchema(requestSchema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
    const count = refusals(node, (value) => {
      const parsed = parseRequest(Buffer.from(JSON.stringify(value)));
      return parsed.ok ? [] : [parsed.error.message];
    });
    expect(count).toBeGreaterThan(100);
  });

  it('the configuration', () => {
    const node = jsonSchemaOf(configSchema);
    const count = refusals(node, (value) =>
      explain(validate(configSchema, value).issues, value, node, IN_A_FILE).map(problemText),
    );
    expect(count).toBeGreaterThan(1000);
  });
});
