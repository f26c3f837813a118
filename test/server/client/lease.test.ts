/** Following a lease over a real NATS server, with drivers that do what a test wants. */
import { connect, type Msg, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { NoResponse } from '../../../src/client/request.ts';
import { type FollowOptions, followLease, type LeaseItem, type LeaseRequest } from '../../../src/client/lease.ts';
import type { Request } from '../../../src/contract/request.ts';
import { type NatsServer, startNatsServer } from '../../support/nats/index.ts';

let nats: NatsServer;
let driver: NatsConnection;
let caller: NatsConnection;
beforeAll(async () => {
  nats = await startNatsServer();
  [driver, caller] = await Promise.all([connect({ servers: nats.url }), connect({ servers: nats.url })]);
});
afterAll(async () => {
  await Promise.all([driver.close(), caller.close()]);
  await nats.stop();
});

const meta = { elapsedMs: 1, sourceMs: 0, sourceRequests: 0, hosts: ['a'] };
const point = (index: number, value: number) => ({ index, fqn: `f${index}`, value, time: null, status: 'Good' });

/** A lease as the driver has it. */
class Served {
  readonly request: Request & { params: { cursor?: string; leaseMs?: number } };
  readonly #message: Msg;
  #seq = 0;

  constructor(message: Msg) {
    this.#message = message;
    this.request = message.json();
  }

  get cursor(): string | undefined {
    return this.request.params.cursor;
  }

  send(items: object[], more: object = {}): void {
    const { id, function: name } = this.request;
    this.#message.respond(
      JSON.stringify({ id, function: name, seq: this.#seq++, last: false, status: 'ok', items, ...more }),
    );
  }

  values(cursor: string, ...items: object[]): void {
    this.send(items, { meta: { ...meta, cursor } });
  }

  end(ended: string, cursor?: string): void {
    this.send([], { last: true, meta: { ...meta, ended, ...(cursor === undefined ? {} : { cursor }) } });
  }

  refuse(error: object): void {
    this.send([], { last: true, status: 'error', error: { message: 'no', retryable: false, ...error }, meta });
  }

  /** Loses a message on the way. */
  skip(): void {
    this.#seq++;
  }
}

let topics = 0;
/** Plays a driver: leases in the order in which they are opened, and the ids that were cancelled. */
async function play(...leases: ((lease: Served) => void)[]) {
  const subject = `lease.test.${++topics}`;
  const opened: Served[] = [];
  const cancelled: string[] = [];
  const subscription = driver.subscribe(subject, {
    callback: (_error, message) => {
      const served = new Served(message);
      if (served.request.function === 'cancel') {
        cancelled.push((served.request.params as { request: string }).request);
        served.send([{ cancelled: true }], { last: true, meta });
        return;
      }
      opened.push(served);
      served.send([]);
      leases[opened.length - 1]?.(served);
    },
  });
  await driver.flush();
  onTestFinished(() => {
    subscription.unsubscribe();
  });
  return { subject, opened, cancelled };
}

function follow(subject: string, request: Partial<LeaseRequest> = {}, options: FollowOptions = {}) {
  const troubles: string[] = [];
  const lease = followLease(
    caller,
    subject,
    { items: ['f0', 'f1'], ...request },
    { onFailure: ({ name }) => troubles.push(name), ...options },
  );
  onTestFinished(() => lease.stop());
  const changes = lease[Symbol.asyncIterator]();
  const take = async (count: number): Promise<unknown[]> => {
    const all: unknown[] = [];
    while (all.length < count) {
      const { value, done } = (await changes.next()) as IteratorResult<LeaseItem, undefined>;
      if (done === true) break;
      all.push('error' in value ? value.error.code : value.value);
    }
    return all;
  };
  return { lease, take, troubles };
}

const until = (condition: () => boolean) => expect.poll(condition).toBe(true);

describe('a followed lease', () => {
  it('is renewed before its end, by the newest cursor, and the old one is cancelled', async () => {
    const { subject, opened, cancelled } = await play(
      (lease) => {
        lease.values('c1', point(0, 1));
        lease.values('c2', point(1, 2));
      },
      (lease) => {
        // What both leases tell, and something new.
        lease.values('c3', point(1, 2), point(0, 3));
      },
    );
    const { take, lease } = follow(subject, { leaseMs: 1000, intervalMs: 1000, host: 'a', user: { name: 'me' } });
    expect(await take(3)).toEqual([1, 2, 3]);
    const [first, second] = opened;
    expect(first?.request).toMatchObject({
      host: 'a',
      user: { name: 'me' },
      params: { items: ['f0', 'f1'], leaseMs: 1000 },
    });
    expect([first?.cursor, second?.cursor]).toEqual([undefined, 'c2']);
    await until(() => cancelled.includes(String(first?.request.id)));
    // Nobody listens to the old one.
    first?.values('c9', point(0, 99));
    second?.values('c4', point(0, 4));
    expect(await take(1)).toEqual([4]);
    await lease.stop();
    expect(cancelled).toContain(second?.request.id);
    expect(await take(1)).toEqual([]);
  });

  it.each(['expired', 'shutdown', 'callerGone'])('that ends as %s goes on at once', async (ended) => {
    const { subject, opened } = await play(
      (lease) => {
        lease.values('c1', point(0, 1));
        lease.end(ended, 'c2');
      },
      (lease) => {
        lease.values('c3', point(0, 2));
      },
    );
    const { take, troubles } = follow(subject);
    expect(await take(2)).toEqual([1, 2]);
    expect(opened.map(({ cursor }) => cursor)).toEqual([undefined, 'c2']);
    expect(troubles).toEqual([]);
  });

  it.each<[string, (lease: Served) => void, string]>([
    ['falls silent', () => undefined, 'NoResponse'],
    [
      'loses a message',
      (lease) => {
        lease.skip();
        lease.values('c9', point(0, 9));
      },
      'IncompleteResponse',
    ],
    [
      'stops without a reason',
      (lease) => {
        lease.send([], { last: true, meta });
      },
      'IncompleteResponse',
    ],
  ])('that %s is opened again at its position', async (_what, fail, trouble) => {
    const { subject, opened } = await play(
      (lease) => {
        lease.values('c1', point(0, 1));
        fail(lease);
      },
      (lease) => {
        lease.refuse({ code: 'overloaded', retryable: true });
      },
      (lease) => {
        lease.values('c2', point(0, 1), point(1, 2));
      },
    );
    const { take, troubles } = follow(subject, {}, { silenceMs: 300 });
    expect(await take(2)).toEqual([1, 2]);
    expect(opened.map(({ cursor }) => cursor)).toEqual([undefined, 'c1', 'c1']);
    expect(troubles.slice(0, 2)).toEqual([trouble, 'RequestRefused']);
  });

  it('reports an error and a recovery each once; a slow reader gets the newest of each item', async () => {
    const error = (message: string) => ({
      index: 0,
      fqn: 'f0',
      error: { code: 'forbidden', message, retryable: false },
    });
    const { subject, opened } = await play((lease) => {
      lease.values('c1', error('a'), error('b'), point(1, 1));
    });
    const { take } = follow(subject);
    expect(await take(2)).toEqual(['forbidden', 1]);
    for (let n = 2; n <= 5; n++) opened[0]?.values('c2', point(1, n));
    opened[0]?.values('c3', point(0, 7));
    // Opened anew after all of these, so the caller has them by then.
    opened[0]?.end('expired', 'c3');
    await until(() => opened.length === 2);
    expect(await take(2)).toEqual([5, 7]);
  });

  it('ends when it is cancelled', async () => {
    const { subject, opened } = await play((lease) => {
      lease.values('c1', point(0, 1));
      lease.end('cancelled', 'c1');
    });
    expect(await follow(subject).take(5)).toEqual([1]);
    expect(opened).toHaveLength(1);
  });

  it('throws what cannot be retried: a refusal, and no driver at the start', async () => {
    const { subject } = await play((lease) => {
      lease.refuse({ code: 'tooLarge', message: 'too many items' });
    });
    await expect(follow(subject).take(1)).rejects.toMatchObject({
      name: 'RequestRefused',
      code: 'tooLarge',
      message: 'too many items',
    });
    await expect(follow('lease.nobody').take(1)).rejects.toBeInstanceOf(NoResponse);
  });

  it('begins again without a cursor that another version does not take, and repeats nothing', async () => {
    const { subject, opened } = await play(
      (lease) => {
        lease.values('c1', point(0, 1));
        lease.end('shutdown', 'c1');
      },
      (lease) => {
        lease.refuse({ code: 'badRequest', details: { field: 'cursor' } });
      },
      (lease) => {
        lease.values('d1', point(0, 1), point(1, 2));
      },
    );
    expect(await follow(subject).take(2)).toEqual([1, 2]);
    expect(opened.map(({ cursor }) => cursor)).toEqual([undefined, 'c1', undefined]);
  });

  it('ends with the loop that reads it', async () => {
    const { subject, opened, cancelled } = await play((lease) => {
      lease.values('c1', point(0, 1));
    });
    for await (const item of followLease(caller, subject, { items: ['f0'] })) {
      expect(item).toMatchObject({ value: 1 });
      break;
    }
    expect(cancelled).toEqual([opened[0]?.request.id]);
  });
});
