/** Exact decimal numbers, where a JavaScript number would round. */

/** `digits` times ten to the power of `exponent`. */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

const NUMBER = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,4}))?$/;
const LONGEST = 1100;

/** Parses a decimal number. Undefined if it is not one: no hexadecimal, no words, no spaces. */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > LONGEST) return undefined;
  const [, sign, mantissa, exponent = '0'] = NUMBER.exec(text) ?? [];
  if (mantissa === undefined) return undefined;
  const dot = mantissa.indexOf('.');
  const decimals = dot < 0 ? 0 : mantissa.length - dot - 1;
  const digits = BigInt(mantissa.replace('.', ''));
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - decimals };
}

/** `number * scale + offset`, exact. */
export function scaled(number: Decimal, scale: Decimal, offset: Decimal): Decimal {
  const product = { digits: number.digits * scale.digits, exponent: number.exponent + scale.exponent };
  const exponent = Math.min(product.exponent, offset.exponent);
  return { digits: digitsAt(product, exponent) + digitsAt(offset, exponent), exponent };
}

/** The nearest JavaScript number. Undefined if it is out of range, or so near to 0 that it would become 0. */
export function toNumber({ digits, exponent }: Decimal): number | undefined {
  const number = Number(`${digits}e${exponent}`);
  return Number.isFinite(number) && (number !== 0 || digits === 0n) ? number : undefined;
}

/** The integer part of the number times ten to the power of `power`, rounded down. */
export function wholeAt({ digits, exponent }: Decimal, power: number): bigint {
  const shift = exponent + power;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  const quotient = digits / divisor;
  return digits < 0n && digits % divisor !== 0n ? quotient - 1n : quotient;
}

const digitsAt = ({ digits, exponent }: Decimal, at: number): bigint => digits * 10n ** BigInt(exponent - at);

/** An integer as a value: a JavaScript number if it is exact, otherwise text with every digit. */
export function integerValue(digits: bigint): number | string {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : String(digits);
}
