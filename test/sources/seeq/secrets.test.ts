/** No error of the source holds a password, a key or a token, whatever a server sends back. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/config/secret.ts';
import type { DriverError } from '../../../src/contract/errors.ts';
import type { SeeqCredentials } from '../../../src/sources/seeq/session.ts';
import { answering, closedAddress, type RudeAnswer, type RudeRequest } from './rude-server.ts';
import { freeCall, idOf, openSource, rejection } from './support.ts';

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
const logIn = (): RudeAnswer => ({ headers: { 'x-sq-auth': TOKEN }, body: {} });

/** Everything that a log could show of an error: its own text, its causes, its members. */
function everything(error: DriverError): string {
  return [error.message, JSON.stringify(error.toBody()), error.stack, inspect(error, { depth: 20 })].join('\n');
}

describe.each(Object.entries(credentials))('with %s', (_name, own) => {
  const failing = async (url: string) => {
    const source = openSource(url, { credentials: own, requestTimeoutMs: 1_000 });
    const status = await source.probe(freeCall());
    return `${everything(await rejection(source.properties(idOf('Example'), freeCall())))} ${inspect(status)} ${inspect(source, { depth: 20 })}`;
  };

  it.each([
    ['a refused log-in is repeated', () => answering(echo(200), echo(401))],
    ['a failed log-in is repeated', () => answering(echo(200), echo(500))],
    ['a refused session is repeated', () => answering(echo(401), logIn)],
    ['a refused call is repeated', () => answering(echo(400), logIn)],
    ['an answer is no JSON', () => answering(() => ({ body: '{"oops' }), logIn)],
    ['an answer is a page', () => answering(() => ({ headers: { 'content-type': 'text/html' }, body: '' }), logIn)],
    ['nobody is there', closedAddress],
  ])('nothing leaks where %s', async (_what, serve) => {
    const text = await failing(await serve());
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(text).toContain('Server "plant"');
  });
});
