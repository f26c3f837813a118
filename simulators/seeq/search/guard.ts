/**
 * A time limit for the patterns that callers give. A regular expression or a row of wildcards can take longer than the
 * age of the universe, and nothing else would run meanwhile; the engine is stopped from outside instead.
 */
import { createContext, Script } from 'node:vm';
import { SeeqError } from '../http/errors.ts';

/** Far more than any honest pattern takes for the items of one step. */
const LIMIT_MS = 1000;

const held: { run: () => void } = { run: () => undefined };
const context = createContext({ held });
const script = new Script('held.run()');

/** @throws SeeqError 400 when the limit is reached, and whatever `run` throws */
export function guarded(run: () => void): void {
  held.run = run;
  try {
    script.runInContext(context, { timeout: LIMIT_MS });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new SeeqError(400, 'A pattern in the filters takes too long; make it simpler');
  } finally {
    held.run = () => undefined;
  }
}
