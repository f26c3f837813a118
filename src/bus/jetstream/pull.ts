/** One request for the next messages of a durable consumer, with everything that the server may say to it. */
import type { Msg, NatsConnection } from 'nats';

export interface PullOptions {
  readonly stream: string;
  readonly durable: string;
  /** Subject for the messages; of this pull alone. */
  readonly inbox: string;
  /** At most so many. */
  readonly batch: number;
  /** A request of which nothing is heard any more is given up so long after its end. */
  readonly graceMs: number;
  readonly onMessage: (message: Msg) => void;
  /**
   * Told once: nothing more comes of this pull.
   * @param problem why, if that was not as it should be
   */
  readonly onEnd: (problem: string | undefined) => void;
}

/** How long the server keeps the request open. Short, since it cannot be withdrawn. */
const EXPIRES_MS = 1000;
/** nats-server (2.9) says that a request has expired and may still answer it with a message, so we listen on. */
const LISTEN_ON_MS = 2000;

/** Begins at once; returns the end of it. */
export function pull(nc: NatsConnection, options: PullOptions): () => void {
  const { stream, durable, inbox, batch, graceMs, onMessage, onEnd } = options;
  const next = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`;
  let left = batch;
  let ended = false;
  const finish = (problem?: string): void => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    if (left === 0) leave();
    else setTimeout(leave, LISTEN_ON_MS).unref();
    onEnd(problem);
  };
  const leave = (): void => {
    if (!nc.isClosed()) subscription.unsubscribe();
  };
  // The server tells the end of every request that it has taken.
  const timer = setTimeout(() => {
    finish(
      `Nothing is heard from consumer "${durable}" of stream "${stream}". Either the NATS server stands still, or the driver's user has no right to ${next}.`,
    );
  }, EXPIRES_MS + graceMs);
  timer.unref();
  const subscription = nc.subscribe(inbox, {
    callback: (error, message) => {
      if (error !== null) {
        finish(`The driver's user may not listen on ${inbox.replace(/(?<![^.])[^.]+$/, '*')}.`);
        return;
      }
      const status = statusOf(message);
      if (status === undefined && isBare(message)) {
        finish(`Consumer "${durable}" of stream "${stream}" gives messages without what is in them (headers_only).`);
      } else if (status === undefined) {
        onMessage(message);
        if (--left === 0) finish();
      } else if (status.code !== 100) {
        finish(status.code === 404 || status.code === 408 ? undefined : textOf(status, options));
      }
    },
  });
  nc.publish(next, JSON.stringify({ batch, expires: EXPIRES_MS * 1e6 }), { reply: inbox });
  return finish;
}

interface Status {
  readonly code: number;
  readonly description: string;
}

/** What the server says of the pull itself; a message of the stream has no status. */
function statusOf({ headers }: Msg): Status | undefined {
  if (headers === undefined || headers.code === 0) return undefined;
  return { code: headers.code, description: headers.description };
}

/** The server took the content away, and tells how long it was. Such a message must not count as read. */
const isBare = ({ headers, data }: Msg): boolean => data.length === 0 && Number(headers?.get('Nats-Msg-Size')) > 0;

function textOf({ code, description }: Status, { stream, durable }: PullOptions): string {
  if (code === 503) return `Nobody answers for consumer "${durable}" of stream "${stream}" now.`;
  return `Consumer "${durable}" of stream "${stream}": ${description} (${code}).`;
}
