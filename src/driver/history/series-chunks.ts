/** Writes a computed series to the answer in chunks, so that memory stays constant for any length. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnswerItem } from '../../contract/answer.ts';
import { flag } from '../../contract/series.ts';
import type { Flag, ScalarValue, ValueStatus } from '../../contract/values.ts';
import type { RequestContext } from '../context.ts';

/** Samples per chunk: enough to amortize the work per chunk, and small compared with a message. */
export const CHUNK_SAMPLES = 2000;

export interface WrittenSample {
  readonly time: string;
  readonly value: ScalarValue;
  readonly status: ValueStatus;
  readonly state: number | null;
}

export class ChunkWriter {
  readonly #context: Pick<RequestContext, 'emit' | 'signal'>;
  readonly #head: AnswerItem;
  readonly #most: number;
  #times: string[] = [];
  #values: ScalarValue[] = [];
  #flags: Flag[] = [];
  #states: (number | null)[] | undefined;
  #gaps: [string, string][] = [];

  /** @param head members of every chunk: index, fqn, unit and other members of the whole series */
  constructor(context: Pick<RequestContext, 'emit' | 'signal'>, head: AnswerItem, most = CHUNK_SAMPLES) {
    this.#context = context;
    this.#head = head;
    this.#most = most;
  }

  /** Adds a sample. Await the result, if there is one, before the next. */
  add({ time, value, status, state }: WrittenSample): Promise<void> | undefined {
    // A full chunk is sent only when it is known that another follows.
    const sent = this.#times.length >= this.#most ? this.#send(true) : undefined;
    const position = this.#times.push(time) - 1;
    this.#values.push(value);
    flag(this.#flags, position, status);
    if (state !== null) this.#states ??= new Array<number | null>(position).fill(null);
    this.#states?.push(state);
    return sent;
  }

  /** Records that the signal has no value between two adjacent samples, of which the later was added last. */
  gap(from: string, to: string): void {
    this.#gaps.push([from, to]);
  }

  /** Sends the rest. A series without samples is sent too. */
  end(): Promise<void> {
    return this.#send(false);
  }

  #send(more: boolean): Promise<void> {
    const piece = {
      ...this.#head,
      times: this.#times,
      values: this.#values,
      ...(this.#flags.length > 0 ? { flags: this.#flags } : {}),
      ...(this.#states ? { states: this.#states } : {}),
      ...(this.#gaps.length > 0 ? { gaps: this.#gaps } : {}),
      ...(more ? { more } : {}),
    };
    this.#times = [];
    this.#values = [];
    this.#flags = [];
    this.#states = undefined;
    this.#gaps = [];
    return this.#emit(piece, more);
  }

  async #emit(piece: AnswerItem, more: boolean): Promise<void> {
    this.#context.signal.throwIfAborted();
    await this.#context.emit(piece);
    // A long series may need no further call to the source. Other requests must run meanwhile.
    if (more) await nextTurn();
  }
}
