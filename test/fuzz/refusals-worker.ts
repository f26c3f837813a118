/** Reads each expensive body as the driver does, and reports the errors. Its heap is small: what needs more ends it. */
import { parentPort } from 'node:worker_threads';
import { toDriverError } from '../../src/contract/errors.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { parseParams } from '../../src/contract/params.ts';
import { parseRequest } from '../../src/contract/request.ts';
import { checkLimit } from '../../src/driver/limits/request-limits.ts';
import { expensiveBodies } from '../support/expensive-bodies.ts';

const BYTES = 128 * 1024;
const MOST_ITEMS = 5000;

function answerTo(text: string): string {
  const parsed = parseRequest(Buffer.from(text));
  if (!parsed.ok) return JSON.stringify(parsed.error.toBody());
  const declaration = functionTable.find(({ name }) => name === parsed.request.function);
  try {
    if (declaration) {
      parseParams(declaration, parsed.request.params, (path, length) => {
        checkLimit(path.join('.'), length, MOST_ITEMS, 'items');
      });
    }
  } catch (error) {
    return JSON.stringify(toDriverError(error).toBody());
  }
  return '';
}

const answers = Array.from(expensiveBodies(BYTES), ({ name, text }) => ({ name, answer: answerTo(text) }));
parentPort?.postMessage(answers);
