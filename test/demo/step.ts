/** One step of the walk: what it shows, and the stage on which it shows it. */
import type { Request } from '../../src/contract/request.ts';
import { Checks } from './checks.ts';
import { unless } from './interrupt.ts';
import { block, blockWidth, say } from './print/page.ts';
import { shortJson, took } from './print/short.ts';
import { accent, bad, dim, doubtful, fit, good, pad } from './print/style.ts';
import type { Asked, Harness } from './harness.ts';

export interface Step {
  readonly title: string;
  /** What a reader should know before. */
  readonly about: string;
  run(stage: Stage): Promise<void>;
}

export class Stage {
  readonly harness: Harness;
  readonly checks = new Checks();

  readonly #interrupted: AbortSignal;

  constructor(harness: Harness, interrupted: AbortSignal) {
    this.harness = harness;
    this.#interrupted = interrupted;
  }

  /** Sends a request and shows it with the head of its answer. */
  readonly ask = async (request: Request): Promise<Asked> => {
    this.#interrupted.throwIfAborted();
    say();
    block([`${accent('→')} ${fit(shortJson(request), blockWidth() - 2)}`]);
    const asked = await unless(this.#interrupted, this.harness.ask(request));
    showAnswer(asked);
    say();
    return asked;
  };
}

/** The head of an answer in one line. */
export function showAnswer({ answer, ms }: Asked): void {
  const { status, items, messages, meta } = answer;
  const style = status === 'ok' ? good : status === 'partial' ? doubtful : bad;
  const facts = [
    count(items.length, 'item'),
    count(messages, 'message'),
    `${took(ms)} there and back`,
    meta.sourceRequests === 0 ? 'Seeq was not asked' : count(meta.sourceRequests, 'call') + ' to Seeq',
  ];
  block([`${accent('←')} ${style(pad(status, 7))} ${dim(facts.join(' · '))}`]);
}

export const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`;

/** The items of an answer; every step says itself what it takes them for, and checks it. */
export function itemsOf<T>({ answer }: Asked): (T & Record<string, unknown>)[] {
  return answer.items as (T & Record<string, unknown>)[];
}
