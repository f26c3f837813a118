/**
 * Validates outside input at a bounded cost. zod alone reports a problem for every element that is wrong, so a list of
 * half a million wrong elements blocks the process for seconds. Here counts are checked before elements, and the walk
 * ends after a few problems; only input without any is given to zod as a whole.
 */
import { z } from 'zod';

/** Problems that are reported; what is wrong with the rest is not looked for. */
export const MOST_PROBLEMS = 8;
/** Longest name of the sender's own that a message repeats. */
export const LONGEST_QUOTE = 100;
/** Entries of a map or a list for which neither the schema nor the caller of {@link validate} has a limit. */
export const MOST_ENTRIES = 1000;

export interface Problem {
  path: PropertyKey[];
  message: string;
  /** Names that the schema does not know: the first few, quoted and shortened, and how many more there are. */
  unknownKeys?: string[];
}

export type Validated<T> =
  | { ok: true; data: T }
  /** `more`: validation has ended early, so there may be further problems. */
  | { ok: false; problems: Problem[]; more: boolean };

/**
 * Called with the number of entries of a list or a map for which the schema has no maximum, before they are looked at;
 * throws when there are too many.
 */
export type CheckLength = (path: PropertyKey[], length: number) => void;

/**
 * The value as the schema has it, or its first problems.
 * @throws what `checkLength` throws
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  checkLength?: CheckLength,
): Validated<z.output<Schema>> {
  const walk = new Walk(checkLength);
  walk.visit(visitorOf(schema), value);
  if (walk.problems.length === 0) {
    // Only rules about an object as a whole are left, so zod finds few problems or none.
    const result = schema.safeParse(value);
    if (result.success) return { ok: true, data: result.data };
    walk.report(result.error.issues);
  }
  return { ok: false, problems: walk.problems, more: walk.isOver };
}

/** Text of the sender's for a message, shortened. */
export function quote(text: string): string {
  return JSON.stringify(text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}…`);
}

/** Validates one kind of value, and reports to the walk. */
type Visitor = (value: unknown, walk: Walk) => void;

class Walk {
  readonly problems: Problem[] = [];
  readonly #checkLength: CheckLength | undefined;
  readonly #path: PropertyKey[] = [];
  #isOver = false;

  constructor(checkLength: CheckLength | undefined) {
    this.#checkLength = checkLength;
  }

  /** Whether there is no room for further problems. */
  get isOver(): boolean {
    return this.#isOver;
  }

  visit(visitor: Visitor, value: unknown, key?: PropertyKey): void {
    if (key !== undefined) this.#path.push(key);
    visitor(value, this);
    if (key !== undefined) this.#path.pop();
  }

  /** The problems that zod has found in the value that is visited. */
  report(issues: readonly z.core.$ZodIssue[]): void {
    for (const { path, message } of issues) this.add({ path, message });
  }

  /** Adds a problem; its path is that from the value that is visited. */
  add(problem: Problem): void {
    if (this.problems.length < MOST_PROBLEMS) {
      this.problems.push({ ...problem, path: [...this.#path, ...problem.path] });
    } else {
      this.#isOver = true;
    }
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

/** @throws Error for a kind of schema of which nobody has looked at the cost */
function makeVisitor(schema: z.core.$ZodType): Visitor {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    const inner = visitorOf(schema.def.innerType);
    return (value, walk) => {
      if (value !== undefined) inner(value, walk);
    };
  }
  if (schema instanceof z.ZodNullable) {
    const inner = visitorOf(schema.def.innerType);
    return (value, walk) => {
      if (value !== null) inner(value, walk);
    };
  }
  if (schema instanceof z.ZodArray) return listVisitor(schema);
  if (schema instanceof z.ZodObject) return objectVisitor(schema);
  if (schema instanceof z.ZodRecord) return mapVisitor(schema);
  if (schema instanceof z.ZodUnion) return unionVisitor(schema);
  if (CONSTANT_COST.some((kind) => schema instanceof kind)) return leafVisitor(schema as z.ZodType);
  throw new Error(`no bounded validation for a schema of type "${schema._zod.def.type}"`);
}

/** Schemas that report a problem or two, whatever the value is. */
const CONSTANT_COST = [z.ZodString, z.ZodNumber, z.ZodBoolean, z.ZodNull, z.ZodEnum, z.ZodLiteral, z.ZodUnknown];

function leafVisitor(schema: z.ZodType): Visitor {
  if (schema instanceof z.ZodUnknown) return () => undefined;
  return (value, walk) => {
    const result = schema.safeParse(value);
    if (!result.success) walk.report(result.error.issues);
  };
}

function listVisitor(schema: z.ZodArray): Visitor {
  const element = visitorOf(schema.element);
  // Of another type zod reports just that.
  const wrongType = leafVisitor(schema);
  const { maximum } = schema._zod.bag as { maximum?: number };
  return (value, walk) => {
    // Whether a list may be empty is up to zod, too.
    if (!Array.isArray(value) || value.length === 0) {
      wrongType(value, walk);
      return;
    }
    if (maximum === undefined ? !walk.checkLength(value.length) : value.length > maximum) {
      walk.add(tooMany(value.length, maximum ?? MOST_ENTRIES));
      return;
    }
    for (let index = 0; index < value.length && !walk.isOver; index++) walk.visit(element, value[index], index);
  };
}

const tooMany = (count: number, most: number): Problem => ({
  path: [],
  message: `Too big: has ${count} entries, ${most} are allowed`,
});

function objectVisitor(schema: z.ZodObject): Visitor {
  const members = Object.entries(schema.shape as Record<string, z.core.$ZodType>).map(
    ([key, member]) => [key, visitorOf(member)] as const,
  );
  const known = new Set(Object.keys(schema.shape));
  // Without a catch-all zod leaves unknown keys out, and does not look at them.
  const isStrict = schema.def.catchall instanceof z.ZodNever;
  if (schema.def.catchall !== undefined && !isStrict) throw new Error('no bounded validation for a catch-all');
  const wrongType = leafVisitor(schema);
  return (value, walk) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      wrongType(value, walk);
      return;
    }
    for (const [key, member] of members) {
      if (walk.isOver) return;
      // Own keys only: "constructor" is not a field that every object has.
      walk.visit(member, Object.hasOwn(value, key) ? value[key as keyof object] : undefined, key);
    }
    if (!isStrict) return;
    const first: string[] = [];
    let count = 0;
    for (const key in value) {
      if (!known.has(key) && ++count <= MOST_PROBLEMS) first.push(key);
    }
    if (count > 0) walk.add(unknownKeysProblem(first, count));
  };
}

function unknownKeysProblem(first: readonly string[], count: number): Problem {
  const listed = [...first.map(quote), ...(count > first.length ? [`${count - first.length} more`] : [])];
  return { path: [], message: `Unrecognized key${count > 1 ? 's' : ''}: ${listed.join(', ')}`, unknownKeys: listed };
}

function mapVisitor(schema: z.ZodRecord): Visitor {
  const member = visitorOf(schema.valueType);
  const wrongType = leafVisitor(schema);
  return (value, walk) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      wrongType(value, walk);
      return;
    }
    const keys = Object.keys(value);
    if (!walk.checkLength(keys.length)) {
      walk.add(tooMany(keys.length, MOST_ENTRIES));
      return;
    }
    for (const key of keys) {
      if (walk.isOver) return;
      // zod leaves it out of its copy, so it would pass unnoticed.
      if (key === '__proto__') walk.add(unknownKeysProblem([key], 1));
      else walk.visit(member, value[key as keyof object], key);
    }
  };
}

/** At most one option may be a list or a map; the others cost the same for every value. */
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
  return (value, walk) => {
    if (visitList !== undefined && Array.isArray(value)) visitList(value, walk);
    else visitWhole(value, walk);
  };
}
