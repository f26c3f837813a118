/** The pipeline alone: a publisher that the test steers, so that every order of events can be had. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  PublishFailure,
  type Confirmation,
  type Publication,
  type PublishFailureKind,
  type ReadingsPublisher,
} from '../../../src/bus/jetstream/readings-publisher.ts';
import { Pipeline, type PublishRequest } from '../../../src/ingest/pipeline.ts';
import { Stopped } from '../../../src/lib/stopped.ts';

interface Attempt {
  id: string;
  confirm(duplicate?: boolean): void;
  fail(kind?: PublishFailureKind): void;
}

/** Keeps every attempt until the test decides what becomes of it. */
class SteeredPublisher implements ReadingsPublisher {
  readonly atMostOnce = false;
  readonly attempts: Attempt[] = [];
  readonly #listeners = new Set<() => void>();

  get ids(): string[] {
    return this.attempts.map(({ id }) => id);
  }

  publish({ id }: Publication): Promise<Confirmation> {
    const { promise, resolve, reject } = Promise.withResolvers<Confirmation>();
    this.attempts.push({
      id,
      confirm: (duplicate = false) => {
        resolve({ duplicate });
      },
      fail: (kind = 'unavailable') => {
        reject(new PublishFailure(kind, `${kind}: ${id}`));
      },
    });
    return promise;
  }

  /** Takes the next attempt from the list; they come in order. */
  next(): Attempt {
    const attempt = this.attempts.shift();
    if (!attempt) throw new Error('There is no attempt under way.');
    return attempt;
  }

  onAvailable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  available(): void {
    for (const listener of this.#listeners) listener();
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

function setUp(inFlight = 3) {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const publisher = new SteeredPublisher();
  const pipeline = new Pipeline({ publisher, inFlight, retry: { minMs: 100, maxMs: 1000 }, random: () => 1 });
  const confirmed: string[] = [];
  const send = (id: string, instead?: (why: string) => PublishRequest) => {
    const sent = pipeline.send(() => ({ publication: message(id), instead }));
    sent.then(
      () => confirmed.push(id),
      () => undefined,
    );
    return sent;
  };
  return { publisher, pipeline, confirmed, send };
}

const message = (id: string): Publication => ({ subject: `iota.readings.${id}`, id, body: new Uint8Array() });
/** Lets promises that are settled be heard. */
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('the pipeline', () => {
  it('builds a message when its turn to be sent comes, once, however often it is sent', async () => {
    const { publisher, pipeline } = setUp(2);
    const made: string[] = [];
    const send = (id: string) => {
      void pipeline.send(() => {
        made.push(id);
        return { publication: message(id) };
      });
    };
    for (const id of ['a', 'b', 'c']) send(id);
    expect(made).toEqual(['a', 'b']);
    publisher.next().confirm();
    await settle();
    expect(made).toEqual(['a', 'b', 'c']);
    publisher.next().fail();
    publisher.next().confirm();
    await vi.advanceTimersByTimeAsync(100);
    publisher.next().confirm();
    await settle();
    expect(made).toEqual(['a', 'b', 'c']);
    expect(pipeline.metrics).toMatchObject({ confirmed: 3, waiting: 0 });
  });

  it('goes on after a message that cannot be built, which its sender learns', async () => {
    const { publisher, pipeline, confirmed, send } = setUp(1);
    void send('a');
    const broken = pipeline.send(() => {
      throw new RangeError('cannot be built');
    });
    void send('b');
    publisher.next().confirm();
    await expect(broken).rejects.toThrow('cannot be built');
    publisher.next().confirm();
    await settle();
    expect(confirmed).toEqual(['a', 'b']);
  });

  it('keeps no more under way than it may, and confirms each by itself', async () => {
    const { publisher, pipeline, confirmed, send } = setUp(2);
    for (const id of ['a', 'b', 'c', 'd']) void send(id);
    expect(publisher.ids).toEqual(['a', 'b']);
    publisher.attempts[1]?.confirm();
    await settle();
    expect(confirmed).toEqual(['b']);
    expect(publisher.ids).toEqual(['a', 'b', 'c']);
    expect(pipeline.metrics).toEqual({ confirmed: 1, duplicates: 0, retried: 0, waiting: 3 });
  });

  it('sends again, with the same id and in the old order, what was not confirmed', async () => {
    const { publisher, pipeline, confirmed, send } = setUp(3);
    for (const id of ['a', 'b', 'c', 'd']) void send(id);
    const [a, b, c] = [publisher.next(), publisher.next(), publisher.next()];
    c.fail();
    a.fail();
    b.fail();
    await settle();
    expect(publisher.ids).toEqual([]);
    expect(pipeline.problem).toBe('unavailable: b');
    // One goes ahead; only when it has passed do the others follow.
    await vi.advanceTimersByTimeAsync(100);
    expect(publisher.ids).toEqual(['a']);
    publisher.next().confirm(true);
    await settle();
    expect(publisher.ids).toEqual(['b', 'c', 'd']);
    for (const attempt of publisher.attempts) attempt.confirm();
    await settle();
    expect(confirmed).toEqual(['a', 'b', 'c', 'd']);
    expect(pipeline.problem).toBeUndefined();
    expect(pipeline.metrics).toEqual({ confirmed: 4, duplicates: 1, retried: 3, waiting: 0 });
  });

  it('waits longer after each failure, and not at all when the bus is back', async () => {
    const { publisher, send } = setUp(1);
    void send('a');
    for (const pause of [100, 200, 400, 800, 1000, 1000]) {
      publisher.next().fail();
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(publisher.ids).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(publisher.ids).toEqual(['a']);
    }
    publisher.next().fail();
    await settle();
    publisher.available();
    expect(publisher.ids).toEqual(['a']);
  });

  it('does not send ahead while others are still under way', async () => {
    const { publisher, send } = setUp(2);
    void send('a');
    void send('b');
    publisher.next().fail();
    await vi.advanceTimersByTimeAsync(5000);
    expect(publisher.ids).toEqual(['b']);
    publisher.next().fail();
    await vi.advanceTimersByTimeAsync(200);
    expect(publisher.ids).toEqual(['a']);
  });

  it('lets the others pass a message that the stream alone refuses', async () => {
    const { publisher, pipeline, confirmed, send } = setUp(1);
    void send('a');
    void send('b');
    publisher.next().fail('refused');
    await settle();
    expect(pipeline.problem).toBe('refused: a');
    expect(publisher.ids).toEqual(['b']);
    publisher.next().confirm();
    await vi.advanceTimersByTimeAsync(100);
    publisher.next().confirm();
    await settle();
    expect(confirmed).toEqual(['b', 'a']);
    expect(pipeline.problem).toBeUndefined();
  });

  it('continues when the stream answers again, though it refuses one, and reports why that waits', async () => {
    const { publisher, pipeline, confirmed, send } = setUp(2);
    for (const id of ['a', 'b', 'c']) void send(id);
    publisher.next().fail();
    publisher.next().fail();
    await vi.advanceTimersByTimeAsync(100);
    expect(publisher.ids).toEqual(['a']);
    publisher.next().fail('refused');
    await settle();
    expect(pipeline.problem).toBe('refused: a');
    expect(publisher.ids).toEqual(['b', 'c']);
    for (const attempt of publisher.attempts) attempt.confirm();
    await settle();
    expect(confirmed).toEqual(['b', 'c']);
  });

  it('counts an error that it does not know as a refusal, and goes on', async () => {
    setUp();
    const broken: ReadingsPublisher = {
      atMostOnce: false,
      publish: () => Promise.reject(new TypeError('odd')),
      onAvailable: () => () => undefined,
    };
    const odd = new Pipeline({ publisher: broken, inFlight: 1 });
    odd.send(() => ({ publication: message('a') })).catch(() => undefined);
    await settle();
    expect(odd.problem).toMatch(/odd/);
    const stopped = odd.stop(0);
    await settle();
    await stopped;
  });

  it('puts a stand-in in the place of what is too large, once', async () => {
    const { publisher, confirmed, send } = setUp();
    void send('large', (why) => ({ publication: { ...message('small'), subject: why } }));
    publisher.next().fail('tooLarge');
    await settle();
    expect(publisher.ids).toEqual(['small']);
    publisher.next().confirm();
    await settle();
    expect(confirmed).toEqual(['large']);
    const huge = send('huge', () => ({ publication: message('large, too') }));
    publisher.next().fail('tooLarge');
    await settle();
    publisher.next().fail('tooLarge');
    await expect(huge).rejects.toMatchObject({ kind: 'tooLarge' });
  });
});

describe('a pipeline that stops', () => {
  it('lets arrive what is under way, and takes nothing more', async () => {
    const { publisher, pipeline, confirmed, send } = setUp(1);
    void send('a');
    void send('b');
    const stopped = pipeline.stop(1000);
    publisher.next().confirm();
    await settle();
    publisher.next().confirm();
    await stopped;
    expect(confirmed).toEqual(['a', 'b']);
    await expect(send('c')).rejects.toBeInstanceOf(Stopped);
    expect(publisher.listeners).toBe(0);
  });

  it('gives up at its deadline: who waits learns that nothing may be acknowledged', async () => {
    const { publisher, pipeline, send } = setUp(1);
    const given = [send('a'), send('b')].map((sent) => expect(sent).rejects.toBeInstanceOf(Stopped));
    const stopped = pipeline.stop(1000);
    await vi.advanceTimersByTimeAsync(1000);
    await stopped;
    await Promise.all(given);
    // A confirmation that comes after that changes nothing.
    publisher.next().confirm();
    await settle();
    expect(pipeline.metrics.confirmed).toBe(0);
  });

  it('does not wait for a bus that is away', async () => {
    const { publisher, pipeline, send } = setUp(1);
    const given = expect(send('a')).rejects.toBeInstanceOf(Stopped);
    publisher.next().fail();
    await settle();
    await pipeline.stop(1_000_000);
    await given;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(publisher.ids).toEqual([]);
  });
});
