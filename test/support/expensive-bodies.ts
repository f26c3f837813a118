/**
 * Request bodies that are wrong in the most expensive ways, derived from the schemas of the contract: every list, map
 * and text of every function and of the envelope, filled up to a length with elements that are wrong, or right.
 */
import { z } from 'zod';
import { paramsJsonSchema } from '../../src/contract/functions/define.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { requestSchema } from '../../src/contract/request.ts';

/** The part of a JSON Schema that matters here. */
interface Shape {
  type?: string;
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape;
  anyOf?: Shape[];
  enum?: unknown[];
}

export interface ExpensiveBody {
  readonly name: string;
  /** Made each time that it is asked for. */
  readonly text: string;
}

const body = (name: string, make: () => string): ExpensiveBody => ({
  name,
  get text() {
    return make();
  },
});

/** Parameters that are right as far as the schema goes, so that what is wrong is reached. */
const RIGHT: Record<string, unknown> = {
  items: ['seeq:plant-a/signal/x'],
  start: '*-1h',
  end: '*',
  intervalMs: 60_000,
  request: 'some-id',
};

/** A JSON text of about `bytes`, made of many times the same or of numbered parts. */
function fill(bytes: number, open: string, part: (n: number) => string, close: string): string {
  const parts: string[] = [];
  for (let n = 0, left = bytes - open.length - close.length; ; n++) {
    const text = part(n);
    left -= text.length + 1;
    if (left < 0) return `${open}${parts.join(',')}${close}`;
    parts.push(text);
  }
}

const list = (bytes: number, part: (n: number) => string) => fill(bytes, '[', part, ']');
const map = (bytes: number, part: (n: number) => string) => fill(bytes, '{', part, '}');
const nested = (bytes: number, open: string, close: string) => {
  const levels = Math.floor(bytes / (open.length + close.length));
  return `${open.repeat(levels)}1${close.repeat(levels)}`;
};

/** Values that are wrong nearly everywhere. Each is made once, when it is first asked for. */
function wrongValues(bytes: number): Record<string, () => string> {
  const made = new Map<string, string>();
  return Object.fromEntries(
    Object.entries(makers(bytes)).map(([what, make]) => [
      what,
      () => {
        const text = made.get(what) ?? make();
        made.set(what, text);
        return text;
      },
    ]),
  );
}

function makers(bytes: number): Record<string, () => string> {
  return {
    'a list of numbers': () => list(bytes, () => '1'),
    'a list of nulls': () => list(bytes, () => 'null'),
    'a list of empty objects': () => list(bytes, () => '{}'),
    'a list of empty lists': () => list(bytes, () => '[]'),
    'a list of short texts': () => list(bytes, () => '"a"'),
    'a list of empty texts': () => list(bytes, () => '""'),
    'a list of texts that are too long': () => list(bytes, () => `"${'%'.repeat(4200)}"`),
    'a list of objects with unknown keys': () => list(bytes, (n) => `{"k${n.toString(36)}":1}`),
    'a list of huge numbers': () => list(bytes, () => '-1.7976931348623157e+308'),
    'a map of unknown keys': () => map(bytes, (n) => `"k${n.toString(36)}":0`),
    'a map of numbered keys': () => map(bytes, (n) => `"${4_294_967_290 - n}":0`),
    'a map of one key, again and again': () => map(bytes, () => '"__proto__":{}'),
    'a map with one long key': () => `{"${'k'.repeat(bytes - 8)}":1}`,
    'nested lists': () => nested(bytes, '[', ']'),
    'nested objects': () => nested(bytes, '{"a":', '}'),
    'nested prototypes': () => nested(bytes, '{"__proto__":', '}'),
    'a long text': () => `"${'a'.repeat(bytes - 2)}"`,
    'a long text of escapes': () => `"${'\\u0000'.repeat(Math.floor(bytes / 6) - 1)}"`,
    'a long text of surrogates': () => `"${'\\ud800'.repeat(Math.floor(bytes / 6) - 1)}"`,
    'a long text of wide characters': () => `"${'😀'.repeat(Math.floor(bytes / 4) - 1)}"`,
    'a long number': () => '9'.repeat(bytes),
  };
}

/** All of `bytes` each, made when they are asked for. */
export function* expensiveBodies(bytes: number): Generator<ExpensiveBody> {
  const envelope = z.toJSONSchema(requestSchema, { io: 'input', unrepresentable: 'any' }) as Shape;
  const wrong = Object.entries(wrongValues(bytes - 400));
  for (const [what, value] of wrong) {
    for (const [field, shape] of Object.entries(envelope.properties ?? {})) {
      if (holdsLists(shape) || what.startsWith('a long'))
        yield body(`envelope: ${field} is ${what}`, () => envelopeWith(field, value()));
    }
    yield body(`envelope: unknown field is ${what}`, () => envelopeWith('colour', value()));
    yield body(`envelope: user.groups is ${what}`, () => envelopeWith('user', `{"groups":${value()}}`));
    yield body(`the request is ${what}`, value);
  }
  for (const declaration of functionTable) {
    const { name } = declaration;
    const shape = paramsJsonSchema(declaration) as Shape;
    for (const [what, value] of wrong) {
      yield body(`${name}: params is ${what}`, () => bodyOf(name, value()));
      yield body(`${name}: unknown parameter is ${what}`, () => callWith(name, shape, 'x', value()));
      for (const [parameter, own] of Object.entries(shape.properties ?? {})) {
        if (!holdsLists(own) && !what.startsWith('a long text')) continue;
        yield body(`${name}: ${parameter} is ${what}`, () => callWith(name, shape, parameter, value()));
      }
    }
    yield* wrongMembers(bytes, name, shape);
  }
}

/** Lists of objects in which a member is wrong or the object is odd as a whole. */
function* wrongMembers(bytes: number, name: string, shape: Shape): Generator<ExpensiveBody> {
  for (const [parameter, own] of Object.entries(shape.properties ?? {})) {
    for (const member of Object.keys(own.items?.properties ?? {})) {
      const many = (): string => list(bytes - 400, () => `{"${member}":{}}`);
      yield body(`${name}: ${parameter} with a wrong "${member}"`, () => callWith(name, shape, parameter, many()));
      const few = (): string => `[{"${member}":"${'a'.repeat(bytes - 500)}"}]`;
      yield body(`${name}: ${parameter} with a long "${member}"`, () => callWith(name, shape, parameter, few()));
    }
  }
}

const holdsLists = ({ type, anyOf }: Shape): boolean =>
  type === 'array' || type === 'object' || (anyOf ?? []).some(holdsLists);

const bodyOf = (name: string, params: string) => `{"id":"expensive","function":"${name}","params":${params}}`;

function callWith(name: string, shape: Shape, parameter: string, value: string): string {
  const others = (shape.required ?? []).filter((required) => required !== parameter);
  const members = others.map((required) => `"${required}":${JSON.stringify(RIGHT[required])}`);
  return bodyOf(name, `{${[...members, `"${parameter}":${value}`].join(',')}}`);
}

function envelopeWith(field: string, value: string): string {
  const others = [
    ['id', '"expensive"'],
    ['function', '"version"'],
  ].filter(([name]) => name !== field);
  return `{${[...others, [field, value]].map(([name, text]) => `"${name}":${text}`).join(',')}}`;
}
