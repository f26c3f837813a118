/** The parameters of `call`: a JSON object, and single ones as `name=value`, each also from a file or standard input. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { readFromDisk, readText } from '../config/files.ts';
import { functionTable } from '../contract/functions/table.ts';
import { jsonMistake } from '../lib/json.ts';
import { quote } from '../lib/wording/phrases.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** The driver accepts no larger request. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Puts the parameters together. A value is JSON if it is JSON of a type that the function accepts for this parameter,
 * otherwise it is a text. A parameter that is given several times, or that is a list, is a list of its values.
 * @param whole a JSON object, `@file` or `-`
 * @param single `name=value`, `name=@file` or `name=-`
 * @throws UsageError
 */
export async function callParams(
  name: string,
  whole: string | undefined,
  single: readonly string[],
  terminal: Terminal,
): Promise<Record<string, unknown>> {
  const params = whole === undefined ? {} : objectOf(await contentOf(whole, 'the parameters', terminal));
  const given = new Map<string, string[]>();
  for (const pair of single) {
    const [key = '', value] = pair.split(/=(.*)/s, 2);
    if (value === undefined || key === '') {
      throw new UsageError(`--param: ${quote(pair)} must be name=value, name=@file or name=-.`);
    }
    const text = await contentOf(value, `--param ${key}`, terminal);
    given.set(key, [...(given.get(key) ?? []), text]);
  }
  for (const [key, texts] of given) params[key] = valueOf(name, key, texts);
  return params;
}

function valueOf(name: string, key: string, texts: readonly string[]): unknown {
  const [text = '', ...more] = texts;
  if (more.length > 0) return texts.map((one) => entryOf(name, key, one));
  const json = jsonOf(text);
  if (json !== undefined && accepts(name, key, json)) return json;
  return accepts(name, key, text) || !accepts(name, key, [entryOf(name, key, text)])
    ? text
    : [entryOf(name, key, text)];
}

/** One entry of a list. */
function entryOf(name: string, key: string, text: string): unknown {
  const json = jsonOf(text);
  return json !== undefined && accepts(name, key, [json]) ? json : text;
}

/** Whether a function accepts a value. The driver checks and reports everything else. */
function accepts(name: string, key: string, value: unknown): boolean {
  const shape: Readonly<Record<string, z.ZodType>> | undefined = functionTable.find(
    (declaration) => declaration.name === name,
  )?.params.shape;
  const schema = shape !== undefined && Object.hasOwn(shape, key) ? shape[key] : undefined;
  return schema === undefined || z.safeParse(schema, value).success;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws UsageError */
function objectOf(text: string): Record<string, unknown> {
  const value = jsonOf(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new UsageError(
    value === undefined
      ? `error: the parameters are not JSON: ${jsonMistake(text)}.`
      : 'error: the parameters must be a JSON object, such as \'{"query":"Temp*"}\'.',
  );
}

/** The text itself, or that of a file or of standard input. A line break at the end does not count. */
async function contentOf(text: string, what: string, terminal: Terminal): Promise<string> {
  if (text === '-') {
    const input = Readable.from(terminal.input ?? process.stdin, { objectMode: false });
    const bytes: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of input as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MOST_BYTES) throw new UsageError(`${what}: standard input has more than ${MOST_BYTES} bytes.`);
      bytes.push(chunk);
    }
    return Buffer.concat(bytes)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }
  if (!text.startsWith('@')) return text;
  const content = await readText(readFromDisk, text.slice(1));
  if (!content.ok) throw new UsageError(`${what}: ${content.message}.`);
  return content.value.replace(/\r?\n$/, '');
}
