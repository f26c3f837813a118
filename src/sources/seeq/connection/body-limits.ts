/**
 * Size limits of answers, from the size of the request. JSON.parse reads 50 to 100 MB a second and blocks the process
 * meanwhile, so a page of the usual size (10,000 samples, 1 MB) costs about 15 ms and the largest allowed one 100 ms.
 * If a page exceeds its limit, the caller requests a smaller one.
 */
const KiB = 1024;
const MiB = 1024 * KiB;

/** Limit for logins and probes. */
export const SMALL_BYTES = 256 * KiB;

/** Limit for one item: a user with the state of his workbench, an asset with hundreds of properties. */
export const ITEM_BYTES = MiB;

/** Largest page, for any request. */
const LARGEST_PAGE_BYTES = 8 * MiB;

/** Limit for one element with its usual content: a sample has 90 bytes, a capsule 500, a hit or a child 2000. */
const ELEMENT_BYTES = { sample: 256, capsule: KiB, hit: 8 * KiB, child: 4 * KiB } as const;

/** Size limit of a page of this many elements. It is a power of two, so that there are few different limits. */
export function pageBytes(kind: keyof typeof ELEMENT_BYTES, count: number): number {
  const bytes = Math.min(LARGEST_PAGE_BYTES, Math.max(ITEM_BYTES, count * ELEMENT_BYTES[kind]));
  return 2 ** Math.ceil(Math.log2(bytes));
}
