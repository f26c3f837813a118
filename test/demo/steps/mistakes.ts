/** Requests that are wrong: the answer says what, and what would be right. */
import type { Request } from '../../../src/contract/request.ts';
import { block, blockWidth } from '../print/page.ts';
import { bad, wrap } from '../print/style.ts';
import type { Step } from '../step.ts';
import { NORTH, SOUTH } from '../harness.ts';

interface Mistake {
  request: Request;
  code: string;
  /** Words that the message must hold. */
  says: readonly string[];
  claim: string;
}

const MISTAKES: readonly Mistake[] = [
  {
    request: { function: 'tagsearch', host: 'west', params: { query: '*Power*' } },
    code: 'unknownHost',
    says: ['west', NORTH, SOUTH],
    claim: 'the unknown host is named, with those that exist',
  },
  {
    request: { function: 'tagsearch', params: { query: '*Power*', limt: 5 } },
    code: 'badRequest',
    says: ['limt'],
    claim: 'the parameter that does not exist is named',
  },
  {
    request: { function: 'timeframesearch', params: { start: 'last tuesday', end: '*' } },
    code: 'badRequest',
    says: ['start', 'last tuesday', 'ISO 8601'],
    claim: 'the time that cannot be read is named, with what could',
  },
];

export const mistakes: Step = {
  title: 'Mistakes',
  about: 'A wrong request gets an answer too, with a code for programs and a text for people.',
  async run({ checks, ask }) {
    for (const { request, code, says, claim } of MISTAKES) {
      const { answer } = await ask(request);
      const text = answer.error ? `${answer.error.code}: ${answer.error.message}` : 'no error';
      block(wrap(text, blockWidth()).map(bad));
      const fits = answer.status === 'error' && answer.error?.code === code;
      checks.that(claim, fits && says.every((word) => text.includes(word)), `status ${answer.status}, ${text}`);
    }
  },
};
