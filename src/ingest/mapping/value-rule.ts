/** One configured value, compiled: its location, its decoding and its unit. */
import { parsePath, type JsonPath } from './json/json-path.ts';
import type { MappingFile, ValueFile } from './config.ts';
import { findOne, type Match } from './json/json-query.ts';
import type { JsonText } from './json/json-text.ts';
import { quoted, valueReader, type ReadValue } from './value.ts';

/** One value, compiled. */
export interface ValueRule {
  readonly path: JsonPath;
  /** Name of the value. `{location}` in it is replaced if the path has wildcards. */
  readonly field: string | undefined;
  readonly optional: boolean;
  readonly read: ReadValue;
  readonly unit: (json: JsonText, record: Match) => Unit;
}

/** The unit of a value. */
export interface Unit {
  readonly unit: string | undefined;
  /** Why the unit is doubtful: a value without its unit is ambiguous. */
  readonly doubt?: string;
}

const ROOT = parsePath('$');

/** Default if no values are configured: the payload or record itself. */
export const BARE_VALUE: ValueFile = { type: 'auto', optional: false };

/** Compiles a value. */
export function compileValue(options: ValueFile, entry: MappingFile): ValueRule {
  const path = options.path === undefined ? ROOT : parsePath(options.path);
  const { field = path.query === undefined ? undefined : '{location}', optional } = options;
  return {
    path,
    field,
    optional,
    unit: unitReader(options),
    read: valueReader({
      ...options,
      type: typeOf(options, entry),
      missing: entry.missing,
      numbersAsText: entry.numbersAsText || entry.payload === 'number',
    }),
  };
}

/** The type for `auto`: with a scale or offset the value must be a number. Otherwise a text would be kept as it is. */
function typeOf({ type, scale, offset }: ValueFile, { payload }: MappingFile): ValueFile['type'] {
  if (type !== 'auto') return type;
  if (scale !== undefined || offset !== undefined) return 'number';
  return payload === 'json' ? 'auto' : payload;
}

function unitReader({ unit, unitPath }: ValueFile): ValueRule['unit'] {
  if (unitPath === undefined) return () => ({ unit });
  const path = parsePath(unitPath);
  return (json, record) => {
    const found = findOne(json, record, path);
    if (found === undefined || found.value === null) {
      return unit === undefined ? { unit, doubt: `The message names no unit at ${unitPath}.` } : { unit };
    }
    const text = typeof found.value === 'string' ? found.value.trim() : '';
    if (text !== '' && text.length <= 64 && !/\p{Cc}/u.test(text)) return { unit: text };
    const what = typeof found.value === 'string' ? quoted(found.value) : 'something else';
    return { unit: undefined, doubt: `${unitPath} is ${what}, not a unit.` };
  };
}
