/** Whatever is sent, the answer is JSON in Seeq's shape, soon, and the next caller is served. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MEDIA_TYPE, OPERATIONS } from './http/description.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { call, CONDITIONS, headersWith, idOf, login, NOW, SIGNALS } from './testing.ts';

const IDS = [
  'Example',
  `${SIGNALS} >> Fast`,
  `${CONDITIONS} >> Alarms`,
  'Special Cases >> Scalars >> Setpoint',
  'Nothing',
];

/** Names that lie on the way of code that keeps things in plain objects. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype'];

const nasty = fc.oneof(
  fc.constantFrom(
    ...IDS.map((path) => idOf(path)),
    ...INHERITED,
    '',
    '0',
    '-1',
    '1e9',
    '2147483648',
    '99999999999999999999 ns',
    '2026-01-01T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    '-271821-04-20T00:00:00Z',
    '15min',
    '1ns',
    '5 constructor',
    'true',
    'null',
    '*',
    '@includeUnsearchable',
    'Name==/(a+)+$/',
    'Name~=/[/',
    'a && && b',
    'x=$x.property("a")',
    'Outside',
    'AtOrBefore',
    'ISO8601',
    '$x.resample(1h)',
    '$x > 1 $y',
    "capsule('2020', '1999')",
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

describe('malformed requests to the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let token: string;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    token = await login(simulator.url);
  });
  afterAll(async () => simulator.stop());

  /** Status and text of the answer to anything that Node's client can still send. */
  const ask = async (options: RequestOptions, body: string | undefined) => {
    const request = httpRequest(simulator.url, options);
    request.on('error', () => undefined);
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    let size = 0;
    for await (const part of response as AsyncIterable<Buffer>) {
      size += part.length;
      if (size < 100_000) text += part.toString();
      // A long right answer need not be read to its end.
      else response.destroy();
    }
    return { status: response.statusCode ?? 0, type: response.headers['content-type'], text };
  };

  const expectSeeqStyle = ({ status, type, text }: { status: number; type: string | undefined; text: string }) => {
    expect(status, text).toBeLessThan(500);
    if (status === 200) return;
    expect(status).toBeGreaterThanOrEqual(400);
    expect(type).toBe(MEDIA_TYPE);
    expect((JSON.parse(text) as { statusMessage: unknown }).statusMessage).toEqual(expect.any(String));
  };

  const encoded = fc.oneof(
    nasty.map((text) => encodeURIComponent(text.toWellFormed())),
    fc.constantFrom('%', '%ZZ', '%00', '%C3%28', '..', '.', '%2F', '%2e%2e'),
  );
  const operation = fc.constantFrom(...OPERATIONS.filter(({ id }) => id !== 'logout'));
  const parameters = fc.array(fc.tuple(encoded, encoded), { maxLength: 4 });

  it('get an error in the shape of Seeq for any path, parameters and body of any operation', async () => {
    const body = fc.oneof(
      fc.constant(undefined),
      fc.json({ maxDepth: 3 }),
      fc
        .record(
          {
            formula: nasty,
            parameters: fc.oneof(fc.array(nasty, { maxLength: 3 }), nasty),
            filters: fc.array(nasty, { maxLength: 3 }),
            types: fc.array(fc.oneof(fc.constantFrom('Signal', 'Asset', 'Workbook'), nasty), { maxLength: 2 }),
            limit: fc.oneof(fc.integer(), nasty),
            start: nasty,
            end: nasty,
            username: nasty,
            password: nasty,
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary', maxLength: 50 }),
    );
    await fc.assert(
      fc.asyncProperty(
        operation,
        fc.array(encoded, { minLength: 4, maxLength: 4 }),
        parameters,
        body,
        async (what, parts, query, sent) => {
          const known = what.parameters.filter(({ in: where }) => where === 'query');
          const path = what.segments.map((segment, at) =>
            segment.startsWith('{') ? parts[at % parts.length] : segment,
          );
          const given = query.map(([name, value], at) => `${known[at % (known.length + 1)]?.name ?? name}=${value}`);
          expectSeeqStyle(
            await ask(
              {
                method: what.method,
                path: `/api/${path.join('/')}?${given.join('&')}`,
                headers: headersWith(token),
              },
              sent,
            ),
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  it('get an error in the shape of Seeq for any method, target and headers', async () => {
    const headerText = fc.string({
      unit: fc.constantFrom(...Array.from(' !"%&()*+,-./:;<=>?@[]^_{|}~abcXYZ019é')),
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'),
        fc.array(encoded, { maxLength: 5 }),
        fc.dictionary(
          fc.constantFrom('accept', 'content-type', 'cookie', 'x-sq-auth', 'x-sq-csrf', 'range', 'accept-encoding'),
          headerText,
        ),
        async (method, segments, headers) => {
          const answer = await ask({ method, path: `/${segments.join('/')}`, headers }, undefined);
          if (method !== 'HEAD') expectSeeqStyle(answer);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('get an answer also where they are no HTTP, and leave the server well', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 200 }),
          fc
            .constantFrom(
              'GET /api/users/me HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n',
              'GET /api/users/me HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
              'POST /api/auth/login HTTP/9.9\r\n\r\n',
              'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n',
              `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
              `GET / HTTP/1.1\r\n${'x-many: y\r\n'.repeat(5000)}\r\n`,
              'CONNECT example:1 HTTP/1.1\r\nHost: x\r\n\r\n',
              'GET /api/x HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
              'GET / HTTP/1.1\r\nHost: x\r\nExpect: something\r\nConnection: close\r\n\r\n',
            )
            .map((text) => Buffer.from(text)),
        ),
        async (bytes) => {
          const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1');
          let answer = '';
          socket.on('data', (part: Buffer) => (answer += part.toString()));
          socket.on('error', () => undefined);
          socket.end(bytes);
          await once(socket, 'close');
          if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 4\d\d[\s\S]*"statusMessage"/);
        },
      ),
      { numRuns: 100 },
    );
    expect((await call(simulator.url, '/system/server-status')).status).toBe(200);
  });

  it('are refused when their body is too long, without being kept', async () => {
    const body = JSON.stringify({ filters: ['x'.repeat(5_000_000)] });
    const answer = await ask({ method: 'POST', path: '/api/items', headers: headersWith(token) }, body);
    expect(answer.status).toBe(413);
    expectSeeqStyle(answer);
  });
});
