/**
 * Validates external input at a limited cost. zod alone reports a problem for every invalid element, so an array of
 * half a million invalid elements blocks the process for seconds. Here counts are checked before elements, and the
 * traversal ends after a few problems. Only input without problems is passed to zod as a whole.
 */
import { z } from 'zod';
import { WITHOUT_WORDS } from '../lib/wording/explain.ts';
import { allOf, count, quote } from '../lib/wording/phrases.ts';

/** Most problems that are reported. The rest of the input is not checked. */
export const MOST_PROBLEMS = 8;
/** Most entries of a map or array if neither the schema nor the caller of {@link validate} sets a limit. */
export const MOST_ENTRIES = 1000;

type Issue = z.core.$ZodIssue;

/** The problems of a value. `explainInvalid` converts them to sentences. */
export interface Invalid {
  readonly ok: false;
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly issues: readonly Issue[];
  /** Validation ended early, so there may be further problems. */
  readonly more: boolean;
}

export type ValidationResult<T> = { readonly ok: true; readonly data: T } | Invalid;

/**
 * Called with the number of entries of an array or a map without a maximum in the schema, before they are checked.
 * Throws if there are too many.
 */
export type CheckLength = (path: PropertyKey[], length: number) => void;

/**
 * The value in the form of the schema, or its problems. Null, and an empty text if the schema does not allow one, count
 * as absent, because clients send them for omitted members.
 * @throws what `checkLength` throws
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  checkLength?: CheckLength,
): ValidationResult<z.output<Schema>> {
  const traversal = new Traversal(checkLength);
  const present = traversal.visit(visitorOf(schema), value);
  if (traversal.issues.length === 0) {
    // Only rules about an object as a whole are left, so zod finds few problems or none.
    const result = schema.safeParse(present, WITHOUT_WORDS);
    if (result.success) return { ok: true, data: result.data };
    traversal.report(result.error.issues);
  }
  return { ok: false, schema, value, issues: traversal.issues, more: traversal.isOver };
}

/**
 * Validates one kind of value, reports problems to the traversal, and returns the value without members that count as
 * absent.
 */
type Visitor = (value: unknown, traversal: Traversal) => unknown;

class Traversal {
  readonly issues: Issue[] = [];
  readonly #checkLength: CheckLength | undefined;
  readonly #path: PropertyKey[] = [];
  #isOver = false;

  constructor(checkLength: CheckLength | undefined) {
    this.#checkLength = checkLength;
  }

  /** Whether the limit of problems is reached. */
  get isOver(): boolean {
    return this.#isOver;
  }

  visit(visitor: Visitor, value: unknown, key?: PropertyKey): unknown {
    if (key !== undefined) this.#path.push(key);
    const present = visitor(value, this);
    if (key !== undefined) this.#path.pop();
    return present;
  }

  /** Adds zod's issues about the visited value. */
  report(issues: readonly Issue[]): void {
    for (const issue of issues) this.add(issue);
  }

  /** Adds an issue. Its path becomes relative to the validated root. */
  add(issue: Issue): void {
    if (this.issues.length < MOST_PROBLEMS) this.issues.push({ ...issue, path: [...this.#path, ...issue.path] });
    else this.#isOver = true;
  }

  checkLength(length: number): boolean {
    if (this.#checkLength === undefined) return length <= MOST_ENTRIES;
    this.#checkLength([...this.#path], length);
    return true;
  }
}

const visitors = new WeakMap<z.core.$ZodType, Visitor>();

function visitorOf(schema: z.core.$ZodType): Visitor {
  const known = visitors.get(schema);
  if (known) return known;
  const visitor = makeVisitor(schema);
  visitors.set(schema, visitor);
  return visitor;
}

/** @throws Error for a kind of schema whose cost is unknown */
function makeVisitor(schema: z.core.$ZodType): Visitor {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return optionalVisitor(schema.def.innerType);
  if (schema instanceof z.ZodNullable) {
    const inner = visitorOf(schema.def.innerType);
    return (value, traversal) => (value === null ? null : inner(value, traversal));
  }
  if (schema instanceof z.ZodArray) return listVisitor(schema);
  if (schema instanceof z.ZodObject) return objectVisitor(schema);
  if (schema instanceof z.ZodRecord) return mapVisitor(schema);
  if (schema instanceof z.ZodUnion) return unionVisitor(schema);
  if (CONSTANT_COST.some((kind) => schema instanceof kind)) return leafVisitor(schema as z.ZodType);
  throw new Error(`no bounded validation for a schema of type "${schema._zod.def.type}"`);
}

/** Schemas that report one or two problems for any value. */
const CONSTANT_COST = [z.ZodString, z.ZodNumber, z.ZodBoolean, z.ZodNull, z.ZodEnum, z.ZodLiteral, z.ZodUnknown];

/** An optional member, and how clients omit it: not sent, null, and in Go an empty text. */
function optionalVisitor(schema: z.core.$ZodType): Visitor {
  const inner = visitorOf(schema);
  const nullIsAbsent = !z.safeParse(schema, null).success;
  const emptyIsAbsent = isText(schema) && !z.safeParse(schema, '').success;
  return (value, traversal) => {
    if (value === undefined || (value === null && nullIsAbsent) || (value === '' && emptyIsAbsent)) return undefined;
    return inner(value, traversal);
  };
}

const isText = (schema: z.core.$ZodType): boolean =>
  schema instanceof z.ZodString ||
  schema instanceof z.ZodEnum ||
  schema instanceof z.ZodLiteral ||
  (schema instanceof z.ZodUnion && schema.options.some(isText)) ||
  (schema instanceof z.ZodOptional && isText(schema.def.innerType));

function leafVisitor(schema: z.ZodType): Visitor {
  if (schema instanceof z.ZodUnknown) return (value) => value;
  return (value, traversal) => {
    const result = schema.safeParse(value, WITHOUT_WORDS);
    if (!result.success) traversal.report(result.error.issues);
    return value;
  };
}

function listVisitor(schema: z.ZodArray): Visitor {
  const element = visitorOf(schema.element);
  // For another type zod reports only that.
  const wrongType = leafVisitor(schema);
  const { maximum } = schema._zod.bag as { maximum?: number };
  return (value, traversal) => {
    // zod also decides whether an array may be empty.
    if (!Array.isArray(value) || value.length === 0) return wrongType(value, traversal);
    if (maximum === undefined ? !traversal.checkLength(value.length) : value.length > maximum) {
      traversal.add(tooMany(value.length, maximum ?? MOST_ENTRIES));
      return value as unknown;
    }
    const present: unknown[] = [];
    for (let index = 0; index < value.length && !traversal.isOver; index++) {
      present.push(traversal.visit(element, value[index], index));
    }
    return present;
  };
}

const tooMany = (entries: number, most: number): Issue => ({
  code: 'custom',
  path: [],
  message: `must have at most ${count(most, 'entry', 'entries')}, not ${entries}`,
});

function objectVisitor(schema: z.ZodObject): Visitor {
  const members = Object.entries(schema.shape as Record<string, z.core.$ZodType>).map(
    ([key, member]) => [key, visitorOf(member)] as const,
  );
  const known = new Set(Object.keys(schema.shape));
  // Without a catch-all zod drops unknown keys and does not validate them.
  const isStrict = schema.def.catchall instanceof z.ZodNever;
  if (schema.def.catchall !== undefined && !isStrict) throw new Error('no bounded validation for a catch-all');
  const wrongType = leafVisitor(schema);
  return (value, traversal) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrongType(value, traversal);
    const present: Record<string, unknown> = {};
    for (const [key, member] of members) {
      if (traversal.isOver) return value;
      // Own keys only: every object inherits "constructor".
      const given = Object.hasOwn(value, key) ? value[key as keyof object] : undefined;
      const own = traversal.visit(member, given, key);
      if (own !== undefined) present[key] = own;
    }
    if (isStrict) reportUnknown(value, known, traversal);
    return present;
  };
}

function reportUnknown(value: object, known: ReadonlySet<string>, traversal: Traversal): void {
  const keys: string[] = [];
  let unknown = 0;
  for (const key in value) {
    if (!known.has(key) && ++unknown <= MOST_PROBLEMS) keys.push(key);
  }
  if (unknown > MOST_PROBLEMS) {
    traversal.add({
      code: 'custom',
      path: [],
      message: `has ${unknown} unknown members, such as ${allOf(keys.map(quote))}`,
    });
  } else if (unknown > 0) {
    traversal.add({ code: 'unrecognized_keys', keys, path: [], message: '' });
  }
}

function mapVisitor(schema: z.ZodRecord): Visitor {
  const member = visitorOf(schema.valueType);
  const wrongType = leafVisitor(schema);
  return (value, traversal) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrongType(value, traversal);
    const keys = Object.keys(value);
    if (!traversal.checkLength(keys.length)) {
      traversal.add(tooMany(keys.length, MOST_ENTRIES));
      return value;
    }
    for (const key of keys) {
      if (traversal.isOver) break;
      // zod drops it from its copy, so it would not be detected.
      if (key === '__proto__') traversal.add({ code: 'unrecognized_keys', keys: [key], path: [], message: '' });
      else traversal.visit(member, value[key as keyof object], key);
    }
    return value;
  };
}

/** At most one option may be an array or a map. The others have a constant cost. */
function unionVisitor(schema: z.ZodUnion): Visitor {
  const options = schema.options;
  const lists = options.filter((option) => option instanceof z.ZodArray);
  const [list] = lists;
  const others = options.filter((option) => option !== list);
  if (lists.length > 1 || others.some((option) => !CONSTANT_COST.some((kind) => option instanceof kind))) {
    throw new Error('no bounded validation for a union of several lists or maps');
  }
  const visitList = list === undefined ? undefined : visitorOf(list);
  const visitWhole = leafVisitor(schema);
  return (value, traversal) =>
    (visitList !== undefined && Array.isArray(value) ? visitList : visitWhole)(value, traversal);
}
