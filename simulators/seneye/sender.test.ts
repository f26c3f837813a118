/** The sender itself: what it puts on the wire, checked without any code of the receiver. */
import { createHmac } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { readArguments } from './arguments.ts';
import { signMessage } from './encoding.ts';
import { startSeneyeSender, type SeneyeSenderOptions } from './sender.ts';

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly pieces: string[];
}

/** A server that keeps what it gets and answers as told, the last answer again and again. */
async function receiverForTest(...answers: number[]) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const pieces: string[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece.toString('latin1')));
    request.on('end', () => {
      seen.push({ headers: request.headers, pieces });
      response.writeHead((answers.length > 1 ? answers.shift() : answers[0]) ?? 200).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/localexchange/endpoint` };
}

function senderForTest(options: SeneyeSenderOptions) {
  const sender = startSeneyeSender(options);
  onTestFinished(() => sender.stop());
  return sender;
}

/** The message of a body, as the official receiver reads it: header, payload, signature in standard base64. */
function read(
  body: string,
  secret: string,
): { SUD: { TS: number; type: number; data: Record<string, unknown> } } & Record<string, unknown> {
  const [header = '', payload = '', signature = ''] = body.split('.');
  expect(header).toBe('eyJhbGciOiJIUzI1NiJ9');
  const mac = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64');
  expect(signature).toBe(mac);
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as ReturnType<typeof read>;
}

describe('a post', () => {
  it('is what seneye documents, in one piece, signed in standard base64', async () => {
    const { seen, url } = await receiverForTest(200);
    const sender = senderForTest({ url, source: 'SCA_7', secret: 'FGQEEESSA', now: () => 1_700_000_000_900 });
    expect(await sender.postNow()).toMatchObject([{ status: 200, timestamp: 1_700_000_000, attempts: 1 }]);
    const [{ headers, pieces }] = seen as [Seen];
    expect(headers).toMatchObject({ 'content-type': 'application/jose', 'x-seneye': 'SCA_7' });
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(pieces).toHaveLength(1);
    const message = read(pieces.join(''), 'FGQEEESSA');
    expect(message).toMatchObject({ ver: '1.0.0', SUD: { name: 'Office', type: 1, TS: 1_700_000_000 } });
    // Neither light nor its flag: those are a Reef's.
    expect(Object.keys(message.SUD.data)).toEqual(['S', 'T', 'P', 'N']);
    expect(message.SUD.data.S).toEqual({ W: 1, T: 0, P: 0, N: 0, S: 0 });
    expect(sender.counters).toEqual({ posted: 1, answers: { 200: 1 }, failed: 0 });
  });

  it('follows what is done to the device', async () => {
    const { seen, url } = await receiverForTest(200);
    const devices = [{ name: 'Reef', type: 'reef' }] as const;
    const sender = senderForTest({ url, devices, versionKey: 'version', now: () => 1_700_000_000_900 });
    const [device] = sender.devices;
    device?.set({
      slideExpired: true,
      inWater: false,
      offKelvinLine: true,
      skewSeconds: -86_400,
      fixed: { T: 31, L: 0 },
    });
    await sender.postNow();
    const { SUD, ...rest } = read(seen[0]?.pieces.join('') ?? '', 'AAAAAAAA');
    expect(rest).toEqual({ version: '1.0.0' });
    expect(SUD.data).toEqual({ S: { W: 0, T: 1, P: 0, N: 0, S: 1, K: 1 }, T: 31, K: 0, L: 0, A: 0 });
    expect(SUD.TS).toBe(1_700_000_000 - 86_400);
  });

  it('has values that drift and stay plausible', async () => {
    const { seen, url } = await receiverForTest(200);
    const sender = senderForTest({ url, devices: [{ name: 'Pond', type: 'pond' }] });
    for (let time = 0; time < 30; time++) await sender.postNow();
    const values = seen.map(
      ({ pieces }) => read(pieces.join(''), 'AAAAAAAA').SUD.data as Record<'T' | 'P' | 'N', number>,
    );
    expect(new Set(values.map(({ T }) => T)).size).toBeGreaterThan(10);
    for (const { T, P, N } of values) {
      expect(T).toBeGreaterThan(15);
      expect(T).toBeLessThan(25);
      expect(P).toBeGreaterThan(6.5);
      expect(P).toBeLessThan(8);
      expect(N).toBeGreaterThanOrEqual(0);
      expect(N).toBeLessThan(0.02);
    }
  });

  it('arrives in parts if configured, and whole', async () => {
    const { seen, url } = await receiverForTest(200);
    await senderForTest({ url, pieces: 5, pauseMs: 5 }).postNow();
    expect(seen[0]?.headers['transfer-encoding']).toBe('chunked');
    expect(seen[0]?.pieces.length).toBeGreaterThan(1);
    expect(read(seen[0]?.pieces.join('') ?? '', 'AAAAAAAA')).toHaveProperty('SUD');
  });

  it('without success is lost, unless attempts are asked for', async () => {
    const { seen, url } = await receiverForTest(503, 503, 503, 204);
    expect(await senderForTest({ url }).postNow()).toMatchObject([{ status: 503, attempts: 1 }]);
    const patient = senderForTest({ url, attempts: 5, retryMs: 1 });
    expect(await patient.postNow()).toMatchObject([{ status: 204, attempts: 3 }]);
    expect(patient.counters).toEqual({ posted: 1, answers: { 503: 2, 204: 1 }, failed: 0 });
    expect(new Set(seen.slice(1).map(({ pieces }) => pieces.join(''))).size).toBe(1);
    const [lost] = await senderForTest({ url: 'http://127.0.0.1:1/' }).postNow();
    expect(lost).toMatchObject({ status: undefined, error: expect.stringContaining('ECONNREFUSED') as string });
  });

  it('of several devices comes again and again', async () => {
    const { seen, url } = await receiverForTest(200);
    const onPosted = vi.fn();
    const sender = senderForTest({ url, intervalMs: 5, devices: [{ name: 'A' }, { name: 'B' }], onPosted });
    await eventually(() => {
      expect(seen.length).toBeGreaterThan(5);
    });
    await sender.stop();
    expect(new Set(sender.devices.map(({ id }) => id)).size).toBe(2);
    for (const { id } of sender.devices) expect(id).toMatch(/^[0-9A-F]{32}$/);
    expect(onPosted).toHaveBeenCalledTimes(sender.counters.posted);
  });
});

it('the message can be written in the other alphabet and without padding', () => {
  const payload = Buffer.from('~~~???>>>ÿÿþ');
  const body = (encoding: object): string => signMessage(payload, 'S', encoding);
  expect(body({}).split('.')[1]).toMatch(/^[\w-]+$/);
  expect(body({ payload: 'standard' }).split('.')[1]).toMatch(/[+/]/);
  expect(body({}).split('.')[2]).toMatch(/=$/);
  expect(body({ signaturePadding: false }).split('.')[2]).not.toMatch(/=/);
  expect(body({ signature: 'url' }).split('.')[2]).toMatch(/^[\w-]{43}$/);
});

describe('the command line', () => {
  it('is read, and mistakes are reported', () => {
    const { options, skewSeconds } = readArguments([
      '--device',
      'A:reef',
      '--device',
      'B',
      '--interval',
      '2',
      '--skew=-5',
    ]);
    expect(options).toMatchObject({
      devices: [
        { name: 'A', type: 'reef' },
        { name: 'B', type: 'home' },
      ],
      intervalMs: 2000,
    });
    expect(skewSeconds).toBe(-5);
    for (const args of [
      ['--device', 'A:lake'],
      ['--interval', 'x'],
      ['--signature', 'hex'],
      ['--nonsense'],
      ['--pieces', '0'],
    ])
      expect(() => readArguments(args)).toThrow();
  });

  it.each([
    [200, 0],
    [401, 1],
  ])('posts once to a receiver that answers %d and ends with %d', async (status, code) => {
    const { seen, url } = await receiverForTest(status);
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const child = spawn(process.execPath, ['--no-warnings', main, '--once', '--url', url, '--out-of-water']);
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    expect(await once(child, 'exit')).toEqual([code, null]);
    expect(said).toMatch(new RegExp(`^\\d{4}-.*Z [0-9A-F]{32} ${status}\\n$`));
    expect(read(seen[0]?.pieces.join('') ?? '', 'AAAAAAAA').SUD.data.S).toMatchObject({ W: 0 });
  });
});
