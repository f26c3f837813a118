/**
 * Randomness that is none: numbers that look random and depend on nothing but a seed and an index. The values of the
 * plant come from here, so any range gives the same data in every process and every run.
 */

/** 32 bits from text (FNV-1a with a final mix). */
export function seedOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  return mix(h);
}

/** Evenly spread in [0, 1), a pure function of its arguments; the index may be negative or beyond 32 bits. */
export function noise(seed: number, index: number): number {
  const high = Math.floor(index / 0x1_0000_0000);
  return (mix(mix(seed ^ (index | 0)) ^ Math.imul(high, 0x9e3779b9)) >>> 0) / 0x1_0000_0000;
}

/** One of the choices, by seed and index. */
export function pick<T>(seed: number, index: number, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(noise(seed, index) * choices.length)] ?? choices[0];
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
