/** What the tests of the bus share: identities, a log to look into, a driver's end and a caller's end. */
import { gunzipSync } from 'node:zlib';
import { connect, headers, nkeyAuthenticator, type ConnectionOptions, type Msg, type NatsConnection } from 'nats';
import { onTestFinished } from 'vitest';
import type { AnswerEnd, AnswerMessage } from '../../../src/contract/answer.ts';
import { connectBus, type BusConnection, type BusOptions } from '../../../src/bus/connection/connection.ts';
import { roundTrip } from '../../../src/bus/connection/round-trip.ts';
import {
  serveRequests,
  type RequestEndpoint,
  type RequestHandler,
  type ServeOptions,
} from '../../../src/bus/requests/endpoint.ts';
import type { Logger } from '../../../src/contract/log.ts';
import { replyRule } from '../../../src/bus/subject.ts';
import type { BusErrorCode } from '../../../src/bus/connection/errors.ts';
import {
  createAuthority,
  createUserKey,
  startNatsServer,
  startProxy,
  type NatsServer,
  type NatsServerOptions,
  type Proxy,
} from '../../support/nats/index.ts';

export const authority = await createAuthority();
export const certificate = await authority.issue();
export const driverKey = createUserKey();
export const callerKey = createUserKey();
export const requestSubject = 'north.mill.seeq.request';

export interface LogLine {
  level: 'debug' | 'info' | 'notice' | 'warn' | 'error';
  facts: object;
  message: string;
}

/** Keeps all lines, for tests that look at what a person would read. */
export class TestLog implements Logger {
  readonly lines: LogLine[] = [];
  readonly debug = this.#take('debug');
  readonly info = this.#take('info');
  readonly notice = this.#take('notice');
  readonly warn = this.#take('warn');
  readonly error = this.#take('error');

  /** Messages of a level, and of those above it. */
  messages(level: 'warn' | 'error' = 'warn'): string[] {
    return this.lines.filter((line) => line.level === 'error' || line.level === level).map((line) => line.message);
  }

  /** All that was logged, errors with their causes, as one text. */
  text(): string {
    return this.lines
      .map(({ level, facts, message }) => `${level} ${message} ${JSON.stringify(facts, showErrors)}`)
      .join('\n');
  }

  #take(level: LogLine['level']) {
    return (facts: object, message: string): void => {
      this.lines.push({ level, facts, message });
    };
  }
}

function showErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return [Object.entries(value), value.message, value.stack, value.cause];
}

/** A server that knows the driver and the caller; ends with the test. */
export async function serverForTest(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await startNatsServer({ certificate, users: [driverKey, callerKey], ...options });
  onTestFinished(() => server.stop());
  return server;
}

export async function proxyForTest(server: NatsServer): Promise<Proxy> {
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.stop());
  return proxy;
}

/** The driver's end, with delays short enough for tests; closes with the test. */
export function busForTest(
  server: { port: number },
  options: Partial<BusOptions> = {},
): BusConnection & { log: TestLog } {
  const log = new TestLog();
  const bus = connectBus({
    servers: [`127.0.0.1:${server.port}`],
    seed: driverKey.seed,
    name: 'driver under test',
    tls: { ca: authority.caPem },
    logger: log,
    retry: { minMs: 5, maxMs: 50 },
    ...options,
  });
  onTestFinished(() => bus.close(0));
  return Object.assign(bus, { log });
}

/** Resolves when the server has everything that the driver sent so far, over whichever connection. */
export async function flushed(bus: BusConnection): Promise<void> {
  await until(async () => {
    const nc = bus.nats;
    if (nc === undefined) return false;
    return roundTrip(nc).then(
      () => nc === bus.nats,
      () => false,
    );
  });
}

/** The caller's end: a plain client; closes with the test. */
export async function callerForTest(server: NatsServer, options: ConnectionOptions = {}): Promise<NatsConnection> {
  const nc = await connect({
    servers: `127.0.0.1:${server.port}`,
    authenticator: nkeyAuthenticator(Buffer.from(callerKey.seed)),
    tls: { ca: authority.caPem },
    reconnectTimeWait: 20,
    maxReconnectAttempts: -1,
    resolve: false,
    ...options,
  });
  onTestFinished(() => nc.close());
  return nc;
}

/** A handler served on the usual subject; stops with the test. */
export function serveForTest(
  bus: BusConnection & { log: TestLog },
  handler: RequestHandler,
  options: Partial<ServeOptions> = {},
): RequestEndpoint {
  const endpoint = serveRequests(
    bus,
    {
      subject: requestSubject,
      queue: 'seeq',
      name: 'iota-seeqdrv',
      version: '1.2.3',
      description: 'Seeq driver under test',
      metadata: { type: 'seeq' },
      stats: () => ({}),
      replyRule: replyRule([requestSubject, `${requestSubject}.control`, `${requestSubject}.control.>`]),
      logger: bus.log,
      ...options,
    },
    handler,
  );
  onTestFinished(async () => {
    await endpoint.stop(0);
  });
  return endpoint;
}

/** A served driver and a caller on one server, connected and subscribed. */
export async function harnessForTest(
  handler: RequestHandler,
  options: { server?: NatsServerOptions; bus?: Partial<BusOptions>; serve?: Partial<ServeOptions> } = {},
) {
  const server = await serverForTest(options.server);
  const bus = busForTest(server, options.bus);
  const endpoint = serveForTest(bus, handler, options.serve);
  await bus.connected();
  await flushed(bus);
  return { server, bus, endpoint, caller: await callerForTest(server) };
}

export const meta: AnswerEnd['meta'] = { elapsedMs: 1, sourceMs: 1, sourceRequests: 1, hosts: ['plant-a'] };

/** One message of an answer as it arrived. */
export interface Received {
  message: AnswerMessage;
  /** Bytes of headers and body on the wire. */
  bytes: number;
  raw: Msg;
}

/** Collects the messages of one answer up to the last; a `seq` that comes again is dropped, as callers should do. */
export function collector(
  caller: NatsConnection,
  subject: string,
): { all: Promise<Received[]>; duplicates: () => number } {
  const { promise, resolve, reject } = Promise.withResolvers<Received[]>();
  const bySeq = new Map<number, Received>();
  let duplicates = 0;
  let count = Infinity;
  const subscription = caller.subscribe(subject, {
    callback: (error, raw) => {
      if (error !== null) {
        reject(error);
        return;
      }
      // Thrown here, it would end the client's reader in silence.
      if (raw.headers?.code === 503) {
        reject(new Error(`Nobody listens: a request for ${subject} found no subscription.`));
        return;
      }
      const received = decode(raw);
      if (bySeq.has(received.message.seq)) duplicates++;
      bySeq.set(received.message.seq, received);
      if (received.message.last) count = received.message.seq + 1;
      if (bySeq.size < count) return;
      subscription.unsubscribe();
      resolve([...bySeq.values()].sort((a, b) => a.message.seq - b.message.seq));
    },
  });
  return { all: promise, duplicates: () => duplicates };
}

export function decode(raw: Msg): Received {
  const body = raw.headers?.get('Content-Encoding') === 'gzip' ? gunzipSync(raw.data) : raw.data;
  return {
    message: JSON.parse(Buffer.from(body).toString('utf8')) as AnswerMessage,
    bytes: raw.data.length + headerBytes(raw),
    raw,
  };
}

/** The header block as the wire carries it. */
function headerBytes({ headers: block }: Msg): number {
  if (block === undefined) return 0;
  const lines = [...block].flatMap(([key, values]) => values.map((value) => `${key}: ${value}\r\n`));
  return Buffer.byteLength(`NATS/1.0\r\n${lines.join('')}\r\n`);
}

let inbox = 0;

/** Sends a request and collects its whole answer. */
export async function ask(
  caller: NatsConnection,
  body: object = {},
  options: { gzip?: boolean } = {},
): Promise<Received[]> {
  const reply = `answers.${inbox++}`;
  const { all } = collector(caller, reply);
  const block = headers();
  if (options.gzip === true) block.set('Accept-Encoding', 'gzip');
  caller.publish(requestSubject, JSON.stringify(body), { reply, ...(options.gzip === true ? { headers: block } : {}) });
  return all;
}

export function itemsOf(received: Received[]): unknown[] {
  return received.flatMap(({ message }) => message.items);
}

/** Resolves when the bus has met the given problem. */
export async function problem(bus: BusConnection, code: BusErrorCode): Promise<string> {
  await until(() => bus.problem?.code === code);
  return bus.problem?.message ?? '';
}

/** Resolves when the condition holds; the test's own time limit ends a wait that is in vain. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A gate that opens once. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return {
    opened: promise,
    open: () => {
      resolve(undefined);
    },
  };
}
