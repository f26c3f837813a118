/**
 * Makes hostile and clumsy inputs from good ones. JSON is also bent where it stands: a member gets another type, a
 * list grows, a level is nested; bytes are flipped, cut, doubled and blown up.
 */
import type { Random } from '../support/random.ts';

/** Longest input. */
export const LONGEST = 64 * 1024;

/** What breaks programs when it comes where something else is expected. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e308,
  5e-324,
  2 ** 53,
  1e21,
  1795810537.5,
  '',
  ' ',
  '*',
  '>',
  '.',
  '..',
  '$',
  '$JS.API.STREAM.PURGE.READINGS',
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  '-Infinity',
  '1e400',
  '\0',
  '\r\nPUB x 0\r\n',
  '\u001b[31m',
  '\ud800',
  '\ufeff',
  'ß',
  'e\u0301',
  '\u202eabc',
  '%',
  '%ZZ',
  '%C3',
  '/(a+)+$/',
  '/[/',
  '*-8h',
  't+6h30m',
  '2026-02-30T25:61:61Z',
  '2026-03-29T02:30:00',
  '9999-12-31T23:59:59.999999999Z',
  '0001-01-01T00:00:00+24:00',
  'Europe/Berlin',
  'Etc/GMT+25',
  'seeq:plant-a/signal/0F1941DE-ED51-7360-A6C1-BCD2BD948BF8',
  'seeq:%00/signal/%2F/attribute/%25',
  'mqtt:a/signal/b',
  [],
  {},
  [[]],
  [null],
  { error: {} },
];

/** Pieces of text that mean something to one of the decoders. */
const TOKENS = [
  '{"',
  '":',
  '[',
  ']',
  '{}',
  ',',
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '-',
  '.',
  'e9',
  '00',
  ' ',
  '\n',
  '/',
  '/*',
  '//',
  '%00',
  '=',
  '&&',
  '~=',
  '*',
  '?',
  '>',
  ':',
  'T',
  'Z',
  '+00:00',
  'ENUM{{1|ON}}',
  '\u{1f321}',
  'ÿ',
];

/** Input number `n` of a decoder, from one of its good ones. */
export function mutate(seed: Buffer, others: readonly Buffer[], random: Random): Buffer {
  let bytes = seed;
  // A few of them are large; most are small, so that many can be tried.
  const most = random.chance(200) ? LONGEST : random.chance(10) ? 4096 : 1024;
  for (let steps = 1 + random.below(4); steps > 0; steps--) bytes = step(bytes, others, random, most);
  return bytes.subarray(0, LONGEST);
}

function step(bytes: Buffer, others: readonly Buffer[], random: Random, most: number): Buffer {
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      return bentJson(bytes, random, most) ?? flipped(bytes, random);
    case 3:
      return flipped(bytes, random);
    case 4:
      return spliced(bytes, Buffer.from(random.pick(TOKENS)), random);
    case 5:
      return bytes.subarray(0, random.below(bytes.length + 1));
    case 6: {
      const from = random.below(bytes.length + 1);
      return spliced(bytes, bytes.subarray(from, from + random.below(32)), random);
    }
    case 7:
      return spliced(bytes, random.pick(others), random);
    case 8:
      return blownUp(bytes, random, most);
    default: {
      const from = random.below(bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + random.below(8))]);
    }
  }
}

function flipped(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return Buffer.of(random.below(256));
  const copy = Buffer.from(bytes);
  for (let flips = 1 + random.below(3); flips > 0; flips--) copy[random.below(copy.length)] = random.below(256);
  return copy;
}

function spliced(bytes: Buffer, piece: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

/** A short piece of the input, or a token, many times: nesting, long runs, many elements. */
function blownUp(bytes: Buffer, random: Random, most: number): Buffer {
  const at = random.below(bytes.length + 1);
  const piece = random.chance(2) ? Buffer.from(random.pick(TOKENS)) : bytes.subarray(at, at + 1 + random.below(12));
  if (piece.length === 0) return bytes;
  const times = Math.floor(random.below(most) / piece.length);
  return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(times).fill(piece), bytes.subarray(at)]);
}

/** Undefined when it is no JSON. */
function bentJson(bytes: Buffer, random: Random, most: number): Buffer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  return Buffer.from(JSON.stringify(bent(value, random, most, 0)));
}

/** The value with one place of it changed. */
function bent(value: unknown, random: Random, most: number, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > 6 || random.chance(6)) return other(value, random, most);
  if (Array.isArray(value)) {
    if (value.length === 0) return [random.pick(VALUES)];
    const copy: unknown[] = [...(value as unknown[])];
    const at = random.below(copy.length);
    if (random.chance(4)) copy.splice(at, 1);
    else copy[at] = bent(copy[at], random, most, depth + 1);
    return copy;
  }
  const entries: [string, unknown][] = Object.entries(value);
  if (entries.length === 0 || random.chance(8)) entries.push([String(random.pick(VALUES)), random.pick(VALUES)]);
  const at = random.below(entries.length);
  const [name, member] = entries[at] ?? ['', null];
  if (random.chance(6)) entries.splice(at, 1);
  else if (random.chance(12)) entries[at] = [String(random.pick(VALUES)), member];
  else entries[at] = [name, bent(member, random, most, depth + 1)];
  return Object.fromEntries(entries);
}

function other(value: unknown, random: Random, most: number): unknown {
  switch (random.below(6)) {
    case 0:
      return [value];
    case 1:
      return Array<unknown>(random.below(most / 8)).fill(random.pick(VALUES));
    case 2: {
      const names = Array.from({ length: random.below(most / 16) }, (_, n) => [`k${n}`, random.pick(VALUES)] as const);
      return Object.fromEntries(names);
    }
    case 3:
      return String(random.pick(VALUES)).repeat(1 + random.below(most / 8));
    default:
      return random.pick(VALUES);
  }
}
