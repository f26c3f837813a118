/** A proxy that passes everything on as it is, but for one answer, from which it takes something away. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface Tampering {
  /** What is taken away. */
  readonly name: string;
  /** Leaves alone what is read by plain HTTP. */
  readonly clientOnly?: boolean;
  /** The changed body of an answer, or the same where there is nothing to take. */
  readonly change: (body: string, path: string) => string;
}

/**
 * Samples and capsules are changed as text, because JSON numbers in JavaScript cannot hold their nanoseconds; the
 * search answers have none.
 */
export const TAMPERINGS: readonly Tampering[] = [
  { name: 'a sample', change: (body) => body.replace(/(?<="samples":\[\{[^{}]*\}),\{"key":[^{}]*\}/, '') },
  { name: 'a capsule', change: (body) => body.replace(/,\{"id":"[^"]*","start":[^[\]]*"properties":\[[^\]]*\]\}/, '') },
  {
    name: 'a property of a capsule',
    change: (body) => body.replace(/("cursorKey"|"isUncertain"):[^[\]]*"properties":\[\{[^{}]*\},?/, withoutProperty),
  },
  { name: 'a property of an item', change: (body, path) => inHits(path, body, withoutLastProperty) },
  { name: 'the pages after the first', change: (body) => body.replace(/,"continuationToken":"[^"]+"/, '') },
  {
    name: 'a page of hits',
    clientOnly: true,
    change: (body, path) =>
      /[?&]offset=[1-9]/.test(path) ? inHits(path, body, (answer) => ({ ...answer, items: [] })) : body,
  },
];

export interface Proxy {
  readonly url: string;
  /** Whether anything was taken away. */
  readonly tampered: () => boolean;
  stop(): Promise<void>;
}

/** @param tampering what to take away, once; undefined passes everything on */
export async function tamperingProxy(target: string, tampering: Tampering | undefined): Promise<Proxy> {
  let tampered = false;
  const server = createServer((incoming, outgoing) => {
    forward(target, incoming, outgoing, (body) => {
      if (tampering === undefined || tampered) return body;
      if (tampering.clientOnly === true && !isClient(incoming)) return body;
      const changed = tampering.change(body, incoming.url ?? '');
      tampered = changed !== body;
      return changed;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tampered: () => tampered,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function forward(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  change: (body: string) => string,
): void {
  const onward = request(`${target}${incoming.url ?? ''}`, { method: incoming.method, headers: incoming.headers });
  onward.on('response', (answer) => {
    const parts: Buffer[] = [];
    answer.on('data', (part: Buffer) => parts.push(part));
    answer.on('end', () => {
      const body = change(Buffer.concat(parts).toString());
      const { 'transfer-encoding': _chunked, ...headers } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': Buffer.byteLength(body) });
      outgoing.end(body);
    });
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

function isClient({ headers }: IncomingMessage): boolean {
  return headers['user-agent']?.startsWith('Seeq-Python-SPy/') ?? false;
}

interface Hits {
  items?: { includedProperties?: Record<string, unknown> }[];
}

function inHits(path: string, body: string, change: (answer: Hits) => Hits): string {
  return path.startsWith('/api/items?') ? JSON.stringify(change(JSON.parse(body) as Hits)) : body;
}

function withoutLastProperty(answer: Hits): Hits {
  for (const { includedProperties } of answer.items ?? []) {
    const last = Object.keys(includedProperties ?? {}).at(-1);
    if (includedProperties !== undefined && last !== undefined) {
      Reflect.deleteProperty(includedProperties, last);
      break;
    }
  }
  return answer;
}

function withoutProperty(found: string): string {
  return found.replace(/\{[^{}]*\},?$/, '');
}
