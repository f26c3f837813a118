/** JSON numbers with the digits as written, where a JavaScript number would round. */

/**
 * @param digits the number as written in the text; undefined if the value is no number
 * @returns the value to use instead
 */
export type DigitReviver = (this: unknown, key: string, value: unknown, digits: string | undefined) => unknown;

/** A reviver for `JSON.parse`. The type library does not have its third parameter yet. */
export function withDigits(revive: DigitReviver): Parameters<typeof JSON.parse>[1] {
  const reviver = function (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) {
    return revive.call(this, key, value, typeof value === 'number' ? context?.source : undefined);
  };
  return reviver as Parameters<typeof JSON.parse>[1];
}
