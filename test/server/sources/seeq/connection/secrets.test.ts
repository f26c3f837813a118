/** No error of the source holds a password, a key or a token, whatever a server sends back. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../../src/config/secret.ts';
import type { DriverError } from '../../../../../src/contract/errors.ts';
import type { SeeqCredentials } from '../../../../../src/sources/seeq/connection/session.ts';
import { skippingClock } from '../../../../support/skipping-clock.ts';
import { answering, closedAddress, type RudeAnswer, type RudeRequest } from '../misbehaving-server.ts';
import { freeCall, idOf, openSource, rejection } from '../support.ts';

const KEY = 'key-7f3a9c';
const PASSWORD = 'pass"word&7f3a9c';
const TOKEN = 'token-7f3a9c';
const SECRETS = [KEY, PASSWORD, TOKEN, '7f3a9c'];

const credentials: Record<string, SeeqCredentials> = {
  'an access key': { kind: 'accessKey', accessKey: new Secret(KEY), password: new Secret(PASSWORD) },
  'a user': { kind: 'user', user: new Secret('reader'), password: new Secret(PASSWORD), directory: 'Seeq' },
};

/** Repeats everything that it was sent, as a careless server or proxy may. */
const echo =
  (status: number) =>
  (request: RudeRequest): RudeAnswer => {
    const sent = request.body === '' ? {} : (JSON.parse(request.body) as Record<string, string>);
    return { status, body: { statusMessage: `you sent ${Object.values(sent).join(' ')} ${request.token ?? ''}` } };
  };
/** The same in encodings that hide it from a search for the plain text. */
const encoding =
  (status: number, encode: (text: string) => string) =>
  (request: RudeRequest): RudeAnswer => {
    const { password = '' } = (request.body === '' ? {} : JSON.parse(request.body)) as { password?: string };
    const statusMessage = `you sent ${encode(`reader:${password}`)} and ${encode(request.token ?? '')}`;
    return {
      status,
      headers: { 'content-type': `application/json; x=${encode(request.token ?? 'none')}` },
      body: { statusMessage },
    };
  };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (text: string): string => Buffer.from(text).toString('hex');
/** Pieces of the secrets in these encodings, without the characters that depend on their neighbours. */
const ENCODED = [PASSWORD, TOKEN].flatMap((secret) => [
  hex(secret),
  encodeURIComponent(secret),
  ...['', 'r', 'rr'].map((before) => base64(before + secret).slice(4, -4)),
]);

const logIn = (): RudeAnswer => ({ headers: { 'x-sq-auth': TOKEN }, body: {} });

/** Everything that a log could show of an error: its own text, its causes, its members. */
function everything(error: DriverError): string {
  return [error.message, JSON.stringify(error.toBody()), error.stack, inspect(error, { depth: 20 })].join('\n');
}

describe.each(Object.entries(credentials))('with %s', (_name, own) => {
  const failing = async (url: string) => {
    const source = openSource(url, { credentials: own, requestTimeoutMs: 1_000, clock: skippingClock() });
    const status = await source.probe(freeCall());
    return `${everything(await rejection(source.properties(idOf('Example'), freeCall())))} ${inspect(status)} ${inspect(source, { depth: 20 })}`;
  };

  it.each([
    ['a refused log-in is repeated', () => answering(echo(200), echo(401))],
    ['a failed log-in is repeated', () => answering(echo(200), echo(500))],
    ['a refused session is repeated', () => answering(echo(401), logIn)],
    ['a refused call is repeated', () => answering(echo(400), logIn)],
    ['a refused log-in is repeated in Base64', () => answering(echo(200), encoding(401, base64))],
    ['a failed log-in is repeated in hexadecimal', () => answering(echo(200), encoding(500, hex))],
    ['a refused session is repeated, percent-encoded', () => answering(encoding(401, encodeURIComponent), logIn)],
    ['a refused call is repeated in Base64', () => answering(encoding(400, base64), logIn)],
    [
      'a token stands in a media type',
      () => answering(({ token }) => ({ headers: { 'content-type': `text/${base64(token ?? '')}` }, body: '' }), logIn),
    ],
    [
      'an answer without its list repeats the token',
      () => answering(({ token }) => ({ body: { statusMessage: `canceled ${token} ${base64(token ?? '')}` } }), logIn),
    ],
    ['an answer is no JSON', () => answering(() => ({ body: '{"oops' }), logIn)],
    ['an answer is a page', () => answering(() => ({ headers: { 'content-type': 'text/html' }, body: '' }), logIn)],
    ['nobody is there', closedAddress],
  ])('nothing leaks where %s', async (_what, serve) => {
    const text = await failing(await serve());
    for (const secret of [...SECRETS, ...ENCODED]) expect(text).not.toContain(secret);
    expect(text).toContain('Server "plant"');
  });
});
