/**
 * How large an answer may be, from what was asked for. Values are read with every digit at some 10 to 20 MB a second,
 * which blocks the process meanwhile; where a page is larger than allowed, the driver asks for a smaller one.
 */
const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * A list of the catalogue, which the platform gives only as a whole: some 20,000 functions with a dozen metadata each.
 * It has no exact numbers, and is read at 100 MB a second.
 */
export const CATALOGUE_BYTES = 16 * MiB;

/** No page of values is larger, however much was asked for. */
const LARGEST_PAGE_BYTES = 4 * MiB;

/** A value with topic and text has 150 bytes; some carry long texts. */
const VALUE_BYTES = KiB;

/** Bytes of a page of so many values. */
export const valueBytes = (count: number): number =>
  2 ** Math.ceil(Math.log2(Math.min(LARGEST_PAGE_BYTES, Math.max(MiB, count * VALUE_BYTES))));
