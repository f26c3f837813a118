/**
 * Size limits of answers, from the size of the request. Values are parsed with every digit at 10 to 20 MB a second,
 * which blocks the process meanwhile. If a page exceeds its limit, the driver requests a smaller one.
 */
const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * A list of the catalogue, which the platform returns only as a whole: about 20,000 functions with a dozen metadata
 * each. It has no exact numbers, and is parsed at 100 MB a second.
 */
export const CATALOGUE_BYTES = 16 * MiB;

/** Largest page of values, for any request. */
const LARGEST_PAGE_BYTES = 4 * MiB;

/** A value with topic and text has 150 bytes. Some contain long texts. */
const VALUE_BYTES = KiB;

/** Size limit of a page of this many values. */
export const valueBytes = (count: number): number =>
  2 ** Math.ceil(Math.log2(Math.min(LARGEST_PAGE_BYTES, Math.max(MiB, count * VALUE_BYTES))));
