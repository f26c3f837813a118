/**
 * A receiver of traces over HTTP. It decodes the official protobuf messages of OpenTelemetry
 * (opentelemetry/proto/trace/v1/trace.proto) by their field numbers.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentId: string;
  readonly state: string;
  readonly name: string;
  /** 2 server, 3 client, 4 producer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2 error. */
  readonly status: number;
  /** Of the program. */
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** Those of exports that were answered with another status than 200. */
  readonly refused: readonly ReceivedSpan[];
  /** Exports so far, whatever was answered. */
  readonly exports: () => number;
  /** How exports are answered from now on. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  stop(): Promise<void>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const refused: ReceivedSpan[] = [];
  let exports = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request);
      exports++;
      if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/x-protobuf') {
        response.writeHead(415).end();
        return;
      }
      receiver.answer(request, response);
      if (!response.headersSent) return;
      (response.statusCode === 200 ? spans : refused).push(
        ...spansOf(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body),
      );
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    refused,
    exports: () => exports,
    answer: (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

/** Fields of a message by number: integers, and bytes. */
type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

function fieldsOf(message: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const bytes = (length: number): Buffer => message.subarray(at, (at += length));
    const read = [varint, () => bytes(8), () => bytes(Number(varint())), undefined, undefined, () => bytes(4)][tag & 7];
    if (read === undefined) throw new Error(`not protobuf: tag ${tag}`);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), read()]);
  }
  return fields;
}

const parts = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((one) => fieldsOf(one as Buffer));
const bytesOf = (fields: Fields, number: number): Buffer =>
  (fields.get(number)?.[0] as Buffer | undefined) ?? Buffer.alloc(0);
const textOf = (fields: Fields, number: number): string => bytesOf(fields, number).toString('utf8');
const numberOf = (fields: Fields, number: number): number => Number(fields.get(number)?.[0] ?? 0n);

function attributesOf(fields: Fields, number: number): Record<string, unknown> {
  return Object.fromEntries(
    parts(fields, number).map((attribute) => {
      const [value = new Map()] = parts(attribute, 2);
      const found = [...(value as Fields).keys()][0];
      const read =
        found === 1
          ? textOf(value as Fields, 1)
          : found === 4
            ? bytesOf(value as Fields, 4).readDoubleLE()
            : numberOf(value as Fields, found ?? 0);
      return [textOf(attribute, 1), read];
    }),
  );
}

function spansOf(body: Buffer): ReceivedSpan[] {
  return parts(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = Object.assign({}, ...parts(resourceSpans, 1).map((one) => attributesOf(one, 1))) as Record<
      string,
      unknown
    >;
    return parts(resourceSpans, 2).flatMap((scopeSpans) =>
      parts(scopeSpans, 2).map((span) => ({
        traceId: bytesOf(span, 1).toString('hex'),
        spanId: bytesOf(span, 2).toString('hex'),
        state: textOf(span, 3),
        parentId: bytesOf(span, 4).toString('hex'),
        name: textOf(span, 5),
        kind: numberOf(span, 6),
        attributes: attributesOf(span, 9),
        status: Math.max(0, ...parts(span, 15).map((status) => numberOf(status, 3))),
        resource,
      })),
    );
  });
}
