/** The rules of a mapping that concern several keys at once. */
import type { z } from 'zod';
import { PathError, parsePath } from './json/json-path.ts';
import { canMeet, parsePattern, PatternError, patternNames, type PatternLevel } from './topic-pattern.ts';

interface ValueKeys {
  readonly field?: string | undefined;
  readonly path?: string | undefined;
  readonly unitPath?: string | undefined;
  readonly type: 'auto' | 'number' | 'text' | 'boolean';
  readonly states?: object | undefined;
  readonly scale?: number | undefined;
  readonly offset?: number | undefined;
  readonly optional: boolean;
}

interface TimeKeys {
  readonly path?: string | undefined;
  readonly of: 'record' | 'message';
  readonly format: string;
  readonly timeZone?: string | undefined;
  readonly optional: boolean;
}

/** The keys that the rules read. */
interface MappingKeys {
  readonly filter: string;
  readonly pattern?: string | undefined;
  readonly name?: string | undefined;
  readonly payload: 'json' | 'text' | 'number';
  readonly records?: string | undefined;
  readonly key?: string | undefined;
  readonly values?: readonly ValueKeys[] | undefined;
  readonly time: TimeKeys;
}

type ReportAt = (path: readonly PropertyKey[], message: string) => void;

/** Adds an issue for each rule that the entry violates. */
export function checkMapping(entry: MappingKeys, context: z.core.$RefinementCtx): void {
  const report: ReportAt = (path, message) => {
    context.addIssue({ code: 'custom', path: [...path], message });
  };
  checkPattern(entry, report);
  if (entry.payload === 'json') checkJson(entry, report);
  else checkPlain(entry, report);
  checkTime(entry, report);
  for (const [at, value] of (entry.values ?? []).entries()) checkValue(value, ['values', at], report);
}

function checkPattern({ filter, pattern, name }: MappingKeys, report: ReportAt): void {
  let levels: readonly PatternLevel[] = [];
  if (pattern !== undefined) {
    try {
      levels = parsePattern(pattern);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      report(['pattern'], error.message);
      return;
    }
    if (!canMeet(filter, levels))
      report(['pattern'], `must fit the filter ${JSON.stringify(filter)}; no topic fits both`);
  }
  const known = [...patternNames(levels), 'topic', 'field', 'key'];
  for (const [, used = ''] of (name ?? '').matchAll(/\{([^{}]*)\}/g)) {
    if (!known.includes(used)) {
      report(['name'], `must use only {${known.join('}, {')}}; {${used}} is none of them`);
    }
  }
}

/** Text and number payloads have no JSON paths. */
function checkPlain({ payload, records, key, values, time }: MappingKeys, report: ReportAt): void {
  const only = `only goes with payload json, not ${payload}`;
  if (records !== undefined) report(['records'], only);
  if (key !== undefined) report(['key'], only);
  if (time.path !== undefined) report(['time', 'path'], only);
  if (values !== undefined && values.length > 1) report(['values'], `must be one at most: a ${payload} is one value`);
  for (const [at, value] of (values ?? []).entries()) {
    if (value.path !== undefined) report(['values', at, 'path'], only);
    if (value.unitPath !== undefined) report(['values', at, 'unitPath'], only);
    if (value.optional) report(['values', at, 'optional'], only);
    if (payload === 'number' && !['auto', 'number'].includes(value.type)) {
      report(['values', at, 'type'], 'must be number where the payload is one');
    }
  }
}

/** Without a path the time is the arrival time. Any other key of `time` shows that a path was intended. */
function checkTime({ payload, time }: MappingKeys, report: ReportAt): void {
  const { path, of, format, timeZone, optional } = time;
  const given = { of: of !== 'record', format: format !== 'auto', timeZone: timeZone !== undefined, optional };
  if (path === undefined && payload === 'json' && Object.values(given).includes(true)) {
    report(['time', 'path'], 'is missing: where is the time? Without it the time is that of arrival');
  }
  if (payload !== 'json') {
    for (const [key, there] of Object.entries(given)) {
      if (there) report(['time', key], `only goes with payload json, not ${payload}`);
    }
  }
  if (timeZone !== undefined && format !== 'auto' && format !== 'iso') {
    report(['time', 'timeZone'], `only goes with format iso or auto, not ${format}`);
  }
}

function checkJson({ records, key, values, time }: MappingKeys, report: ReportAt): void {
  if (records !== undefined && key === undefined) {
    report(
      ['key'],
      'is missing: what distinguishes the records? A path such as "$.id", or "location", or "time". Without it different things share one name',
    );
  }
  if (key !== undefined && records === undefined) report(['key'], 'only goes with records');
  if (key === 'time' && (time.path === undefined || time.of === 'message')) {
    report(['key'], 'can be "time" only with a time.path in each record');
  }
  if (key !== undefined && key !== 'time' && key !== 'location') {
    const path = readPath(key, (message) => {
      report(['key'], `${message}; or "location" or "time"`);
    });
    if (path?.query) report(['key'], 'must be a path to one value, without wildcards');
  }
  onlyOne(time.path, ['time', 'path'], report);
  const fields = new Map<string, number>();
  for (const [at, value] of (values ?? []).entries()) {
    const { field, path } = value;
    if (path === undefined) {
      report(['values', at, 'path'], 'is missing: where is the value? "$" is the whole record');
    }
    onlyOne(value.unitPath, ['values', at, 'unitPath'], report);
    const several = path !== undefined && readPath(path)?.query !== undefined;
    if (several && field !== undefined && !field.includes('{location}')) {
      report(['values', at, 'field'], 'must have {location} in it, since the path can find several values');
    }
    if (!several && field?.includes('{location}') === true) {
      report(['values', at, 'field'], 'can have {location} in it only if the path has wildcards');
    }
    const named = field ?? (several ? '{location}' : undefined);
    if (named === undefined) {
      if ((values ?? []).length > 1) report(['values', at, 'field'], 'is missing: several values need names');
      continue;
    }
    const other = fields.get(named);
    if (other !== undefined) report(['values', at, 'field'], `must differ from that of values[${other}]`);
    else fields.set(named, at);
  }
}

function checkValue({ type, scale, offset, states }: ValueKeys, path: readonly PropertyKey[], report: ReportAt): void {
  for (const [key, number] of Object.entries({ scale, offset })) {
    if (number === undefined) continue;
    if (type === 'text' || type === 'boolean') report([...path, key], `does not go with type ${type}`);
    if (states !== undefined) report([...path, key], 'does not go with states');
  }
  if (scale === 0) report([...path, 'scale'], 'must not be 0');
}

/** Undefined for an invalid path, which is reported elsewhere unless `report` is given. */
function readPath(text: string, report?: (message: string) => void) {
  try {
    return parsePath(text);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    report?.(error.message);
    return undefined;
  }
}

function onlyOne(text: string | undefined, at: readonly PropertyKey[], report: ReportAt): void {
  if (text !== undefined && readPath(text)?.query) report(at, 'must be a path to one value, without wildcards');
}
