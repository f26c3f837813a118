/** Requests pages of a size that the driver accepts. */
import { isOversized } from './errors.ts';

/**
 * Requests a page, and halves it while its answer is larger than the driver accepts: elements may be far larger than
 * usual, such as long texts.
 * @returns the answer and the final page size
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
