/** Exact fractions. A double is one, and so is every result but a square root; nothing is rounded on the way. */

export interface Fraction {
  readonly n: bigint;
  /** Above 0. */
  readonly d: bigint;
}

/** Halves both as often as possible: most denominators are powers of two. */
export function fraction(n: bigint, d = 1n): Fraction {
  if (n === 0n) return ZERO;
  if (d < 0n) [n, d] = [-n, -d];
  while (((n | d) & 0xffffffffn) === 0n) [n, d] = [n >> 32n, d >> 32n];
  while (((n | d) & 1n) === 0n) [n, d] = [n >> 1n, d >> 1n];
  return { n, d };
}

export const ZERO: Fraction = { n: 0n, d: 1n };

/** The double as what it is, digit for digit. */
export function ofDouble(value: number): Fraction {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  if (exponent === 0x7ff) throw new Error(`${value} is no number.`);
  const digits = (bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n);
  const signed = value < 0 ? -digits : digits;
  const power = Math.max(exponent, 1) - 1075;
  return power >= 0 ? fraction(signed << BigInt(power)) : fraction(signed, 1n << BigInt(-power));
}

export function add(x: Fraction, y: Fraction): Fraction {
  if (x.d === y.d) return fraction(x.n + y.n, x.d);
  if (x.d % y.d === 0n) return fraction(x.n + y.n * (x.d / y.d), x.d);
  if (y.d % x.d === 0n) return fraction(x.n * (y.d / x.d) + y.n, y.d);
  return fraction(x.n * y.d + y.n * x.d, x.d * y.d);
}

export const negative = ({ n, d }: Fraction): Fraction => ({ n: -n, d });
export const subtract = (x: Fraction, y: Fraction): Fraction => add(x, negative(y));
export const multiply = (x: Fraction, y: Fraction): Fraction => fraction(x.n * y.n, x.d * y.d);
export const divide = (x: Fraction, y: Fraction): Fraction => fraction(x.n * y.d, x.d * y.n);
export const sum = (all: readonly Fraction[]): Fraction => all.reduce(add, ZERO);
export const compare = (x: Fraction, y: Fraction): number => {
  const difference = x.n * y.d - y.n * x.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
export const magnitude = ({ n, d }: Fraction): Fraction => ({ n: n < 0n ? -n : n, d });
export const larger = (x: Fraction, y: Fraction): Fraction => (compare(x, y) < 0 ? y : x);

const bits = (n: bigint): number => n.toString(16).length * 4;

/** Down to the next whole number. */
const floor = (n: bigint, d: bigint): bigint => {
  const whole = n / d;
  return n < 0n && whole * d !== n ? whole - 1n : whole;
};

const scaled = ({ n, d }: Fraction, power: number): Fraction =>
  power >= 0 ? { n: n << BigInt(power), d } : { n, d: d << BigInt(-power) };

/** The power of two of the last binary digit of the double nearest to the fraction. */
function lastDigit(x: Fraction): number {
  const { n, d } = magnitude(x);
  if (n === 0n) return -1074;
  let power = bits(n) - bits(d) + 5;
  while (compare(scaled({ n, d }, -power), { n: 1n, d: 1n }) < 0) power--;
  return Math.max(power - 52, -1074);
}

/** One unit in the last place of the double nearest to the fraction. */
export const ulp = (x: Fraction): Fraction => scaled({ n: 1n, d: 1n }, lastDigit(x));

/** The nearest double, the even one of two; infinite beyond the largest. */
export function toDouble(x: Fraction): number {
  const power = lastDigit(x);
  const { n, d } = scaled(magnitude(x), -power);
  const down = floor(n, d);
  const twice = 2n * (n - down * d);
  const up = twice > d || (twice === d && (down & 1n) === 1n);
  const rounded = Number(up ? down + 1n : down) * 2 ** power;
  return x.n < 0n ? -rounded : rounded;
}

/** The square root, right to more than 100 binary digits. */
export function squareRoot(x: Fraction): Fraction {
  if (x.n === 0n) return ZERO;
  let power = 240 - bits(x.n) + bits(x.d);
  if (power % 2 !== 0) power++;
  const { n, d } = scaled(x, power);
  const whole = n / d;
  let root = 1n << BigInt((bits(whole) >> 1) + 2);
  for (;;) {
    const next = (root + whole / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  return power >= 0 ? fraction(root, 1n << BigInt(power / 2)) : fraction(root << BigInt(-power / 2));
}
