/**
 * One pull request for the next messages of a durable consumer. Handles every status that the server may send.
 *
 * The client's own `fetch` (nats 2.29) is not used: it unsubscribes at the status that ends the request, although
 * nats-server may still answer with a message, and it returns the same for an empty stream and a missing right.
 */
import type { Msg, NatsConnection } from 'nats';

export interface PullOptions {
  readonly stream: string;
  readonly durable: string;
  /** Inbox for the messages of this pull alone. */
  readonly inbox: string;
  /** Most messages of this pull. */
  readonly batch: number;
  /** Time after the expiry at which a request without any response is abandoned. */
  readonly graceMs: number;
  readonly onMessage: (message: Msg) => void;
  /**
   * Called once: this pull delivers no more messages.
   * @param problem the reason, if the pull did not end normally
   */
  readonly onEnd: (problem: string | undefined) => void;
}

/** How long the server keeps the request open. It is short because a pull request cannot be withdrawn. */
const EXPIRES_MS = 1000;
/**
 * nats-server (2.9) reports that a request has expired and may still answer it with a message. So the subscription
 * stays open.
 */
const LISTEN_ON_MS = 2000;

/** Starts at once. Returns a function that ends it. */
export function pull(nc: NatsConnection, options: PullOptions): () => void {
  const { stream, durable, inbox, batch, graceMs, onMessage, onEnd } = options;
  const next = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`;
  let left = batch;
  let ended = false;
  const finish = (problem?: string): void => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    if (left === 0) unsubscribe();
    else setTimeout(unsubscribe, LISTEN_ON_MS).unref();
    onEnd(problem);
  };
  const unsubscribe = (): void => {
    if (!nc.isClosed()) subscription.unsubscribe();
  };
  // The server reports the end of every request that it has received.
  const timer = setTimeout(() => {
    finish(
      `Consumer "${durable}" of stream "${stream}" does not respond. Either the NATS server hangs, or the driver's user has no right to ${next}.`,
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
      if (status === undefined && isHeadersOnly(message)) {
        finish(`Consumer "${durable}" of stream "${stream}" delivers messages without their content (headers_only).`);
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

/** The status of the pull itself. A message of the stream has no status. */
function statusOf({ headers }: Msg): Status | undefined {
  if (headers === undefined || headers.code === 0) return undefined;
  return { code: headers.code, description: headers.description };
}

/** The server removed the content and reports its length. Such a message must not count as read. */
const isHeadersOnly = ({ headers, data }: Msg): boolean =>
  data.length === 0 && Number(headers?.get('Nats-Msg-Size')) > 0;

function textOf({ code, description }: Status, { stream, durable }: PullOptions): string {
  if (code === 503) return `No NATS server answers for consumer "${durable}" of stream "${stream}".`;
  return `Consumer "${durable}" of stream "${stream}": ${description} (${code}).`;
}
