/** Pages of a size that the driver accepts. */
import { isOversized } from './errors.ts';

/**
 * Asks for a page, and for half of it as long as its answer is larger than the driver accepts: elements may be far larger
 * than usual, such as long texts.
 * @returns the answer, and how many elements were asked for in the end
 */
export async function fittingPage<T>(
  count: number,
  ask: (count: number) => Promise<T>,
): Promise<{ answer: T; asked: number }> {
  for (let asked = count; ; asked = asked >> 1) {
    try {
      return { answer: await ask(asked), asked };
    } catch (error) {
      if (!isOversized(error) || asked <= 1) throw error;
    }
  }
}
