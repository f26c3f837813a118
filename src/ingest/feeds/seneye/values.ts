/** Decodes single values of a post: numbers, flags and times in the formats of the devices. */
import { parseInstant, type Nanoseconds } from '../../../contract/time/instant.ts';

/** A decoded value; or the reason why a present value is bad; or an invalid value. */
export type DecodedField<T> = { readonly value: T } | { readonly bad: string } | { readonly senseless: string };

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A number, also as text. Undefined stays undefined: a missing value is not zero. */
export function readNumber(raw: unknown): DecodedField<number> | undefined {
  if (raw === undefined) return undefined;
  if (typeof raw === 'number') return { value: raw };
  if (raw === null) return { bad: 'The device sent null in place of a value.' };
  if (typeof raw !== 'string') return { senseless: `is ${kindOf(raw)}, not a number` };
  if (!NUMBER.test(raw)) return { bad: `The device sent ${quote(raw)}, which is no number.` };
  const value = Number(raw);
  // Beyond it digits are lost silently.
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return { bad: `The device sent ${quote(raw)}, which cannot be.` };
  return { value };
}

/** A flag: 0 or 1, also as text or as a boolean. */
export function readFlag(raw: unknown): { readonly value: boolean } | { readonly senseless: string } | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (raw === 1 || raw === '1' || raw === true) return { value: true };
  if (raw === 0 || raw === '0' || raw === false) return { value: false };
  return { senseless: 'is neither 0 nor 1' };
}

/**
 * A time in seconds since 1970 as written, with up to nine decimals. ISO 8601 with an offset is accepted too. Undefined
 * for anything else, including zero and less: such a clock was never set.
 */
export function readTime(raw: unknown): Nanoseconds | undefined {
  if (typeof raw !== 'string') return undefined;
  const match = /^(\d{1,15})(?:\.(\d+))?$/.exec(raw);
  if (!match) return parseInstant(raw);
  const [, seconds = '', decimals = ''] = match;
  const time = BigInt(seconds) * 1_000_000_000n + BigInt(decimals.slice(0, 9).padEnd(9, '0'));
  return time > 0n ? time : undefined;
}

/** The value as a short text, for a reason. */
export function quote(raw: unknown): string {
  const text = JSON.stringify(raw);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

const kindOf = (raw: unknown): string =>
  Array.isArray(raw) ? 'a list' : typeof raw === 'object' ? 'an object' : `a ${typeof raw}`;
