/** The rules of a mapping that concern several keys at once. */
import type { z } from 'zod';
import { PathError, parsePath } from './json-path.ts';
import { canMeet, parsePattern, PatternError, patternNames, type PatternLevel } from './topic-pattern.ts';

interface Value {
  readonly field?: string | undefined;
  readonly path?: string | undefined;
  readonly unitPath?: string | undefined;
  readonly type: 'auto' | 'number' | 'text' | 'boolean';
  readonly states?: object | undefined;
  readonly scale?: number | undefined;
  readonly offset?: number | undefined;
  readonly optional: boolean;
}

interface Time {
  readonly path?: string | undefined;
  readonly of: 'record' | 'message';
  readonly format: string;
  readonly timeZone?: string | undefined;
  readonly optional: boolean;
}

/** The keys that the rules read. */
interface Mapping {
  readonly filter: string;
  readonly pattern?: string | undefined;
  readonly name?: string | undefined;
  readonly payload: 'json' | 'text' | 'number';
  readonly records?: string | undefined;
  readonly key?: string | undefined;
  readonly values?: readonly Value[] | undefined;
  readonly time: Time;
}

type Tell = (path: readonly PropertyKey[], message: string) => void;

/** Adds an issue for each rule that the entry violates. */
export function checkMapping(entry: Mapping, context: z.core.$RefinementCtx): void {
  const tell: Tell = (path, message) => {
    context.addIssue({ code: 'custom', path: [...path], message });
  };
  checkPattern(entry, tell);
  if (entry.payload === 'json') checkJson(entry, tell);
  else checkPlain(entry, tell);
  checkTime(entry, tell);
  for (const [at, value] of (entry.values ?? []).entries()) checkValue(value, ['values', at], tell);
}

function checkPattern({ filter, pattern, name }: Mapping, tell: Tell): void {
  let levels: readonly PatternLevel[] = [];
  if (pattern !== undefined) {
    try {
      levels = parsePattern(pattern);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      tell(['pattern'], error.message);
      return;
    }
    if (!canMeet(filter, levels))
      tell(['pattern'], `must fit the filter ${JSON.stringify(filter)}; no topic fits both`);
  }
  const known = [...patternNames(levels), 'topic', 'field', 'key'];
  for (const [, used = ''] of (name ?? '').matchAll(/\{([^{}]*)\}/g)) {
    if (!known.includes(used)) {
      tell(['name'], `must use only {${known.join('}, {')}}; {${used}} is none of them`);
    }
  }
}

/** Text and number payloads have no JSON paths. */
function checkPlain({ payload, records, key, values, time }: Mapping, tell: Tell): void {
  const only = `only goes with payload json, not ${payload}`;
  if (records !== undefined) tell(['records'], only);
  if (key !== undefined) tell(['key'], only);
  if (time.path !== undefined) tell(['time', 'path'], only);
  if (values !== undefined && values.length > 1) tell(['values'], `must be one at most: a ${payload} is one value`);
  for (const [at, value] of (values ?? []).entries()) {
    if (value.path !== undefined) tell(['values', at, 'path'], only);
    if (value.unitPath !== undefined) tell(['values', at, 'unitPath'], only);
    if (value.optional) tell(['values', at, 'optional'], only);
    if (payload === 'number' && !['auto', 'number'].includes(value.type)) {
      tell(['values', at, 'type'], 'must be number where the payload is one');
    }
  }
}

/** Without a path the time is the arrival time. Any other key of `time` shows that a path was intended. */
function checkTime({ payload, time }: Mapping, tell: Tell): void {
  const { path, of, format, timeZone, optional } = time;
  const given = { of: of !== 'record', format: format !== 'auto', timeZone: timeZone !== undefined, optional };
  if (path === undefined && payload === 'json' && Object.values(given).includes(true)) {
    tell(['time', 'path'], 'is missing: where does the time stand? Without it the time is that of arrival');
  }
  if (payload !== 'json') {
    for (const [key, there] of Object.entries(given)) {
      if (there) tell(['time', key], `only goes with payload json, not ${payload}`);
    }
  }
  if (timeZone !== undefined && format !== 'auto' && format !== 'iso') {
    tell(['time', 'timeZone'], `only goes with format iso or auto, not ${format}`);
  }
}

function checkJson({ records, key, values, time }: Mapping, tell: Tell): void {
  if (records !== undefined && key === undefined) {
    tell(
      ['key'],
      'is missing: what tells the records apart? A path such as "$.id", or "place", or "time". Without it different things would share one name',
    );
  }
  if (key !== undefined && records === undefined) tell(['key'], 'only goes with records');
  if (key === 'time' && (time.path === undefined || time.of === 'message')) {
    tell(['key'], 'can be "time" only with a time.path in each record');
  }
  if (key !== undefined && key !== 'time' && key !== 'place') {
    const path = readPath(key, (message) => {
      tell(['key'], `${message}; or "place" or "time"`);
    });
    if (path?.query) tell(['key'], 'must be a path to one value, without wildcards');
  }
  onlyOne(time.path, ['time', 'path'], tell);
  const fields = new Map<string, number>();
  for (const [at, value] of (values ?? []).entries()) {
    const { field, path } = value;
    if (path === undefined) {
      tell(['values', at, 'path'], 'is missing: where does the value stand? "$" is the whole record');
    }
    onlyOne(value.unitPath, ['values', at, 'unitPath'], tell);
    const several = path !== undefined && readPath(path)?.query !== undefined;
    if (several && field !== undefined && !field.includes('{place}')) {
      tell(['values', at, 'field'], 'must have {place} in it, since the path can find several values');
    }
    if (!several && field?.includes('{place}') === true) {
      tell(['values', at, 'field'], 'can have {place} in it only if the path has wildcards');
    }
    const named = field ?? (several ? '{place}' : undefined);
    if (named === undefined) {
      if ((values ?? []).length > 1) tell(['values', at, 'field'], 'is missing: several values need names');
      continue;
    }
    const other = fields.get(named);
    if (other !== undefined) tell(['values', at, 'field'], `must differ from that of values[${other}]`);
    else fields.set(named, at);
  }
}

function checkValue({ type, scale, offset, states }: Value, path: readonly PropertyKey[], tell: Tell): void {
  for (const [key, number] of Object.entries({ scale, offset })) {
    if (number === undefined) continue;
    if (type === 'text' || type === 'boolean') tell([...path, key], `does not go with type ${type}`);
    if (states !== undefined) tell([...path, key], 'does not go with states');
  }
  if (scale === 0) tell([...path, 'scale'], 'must not be 0');
}

/** Undefined for an invalid path, which is reported elsewhere unless `tell` is given. */
function readPath(text: string, tell?: (message: string) => void) {
  try {
    return parsePath(text);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    tell?.(error.message);
    return undefined;
  }
}

function onlyOne(text: string | undefined, at: readonly PropertyKey[], tell: Tell): void {
  if (text !== undefined && readPath(text)?.query) tell(at, 'must be a path to one value, without wildcards');
}
