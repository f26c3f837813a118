/** A Seeq server behind an HTTP proxy. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../../../../src/config/secret.ts';
import { startHttpProxy } from '../../../../support/http-proxy.ts';
import { createAuthority } from '../../../../support/nats/index.ts';
import { closedAddress } from '../misbehaving-server.ts';
import { briefCall, freeCall, idOf, openSource, rejection, simulator } from '../support.ts';

const portOf = (url: string): number => Number(new URL(url).port);

it('is reached by TLS through the tunnel, whose name only the proxy knows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seeq-proxy-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const authority = await createAuthority();
  const certificate = await authority.issue(['seeq.example']);
  const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  writeFileSync(tls.certFile, certificate.certPem);
  writeFileSync(tls.keyFile, certificate.keyPem, { mode: 0o600 });
  const seeq = await simulator({ tls });
  const proxy = await startHttpProxy(portOf(seeq.url));
  const source = openSource('https://seeq.example', {
    tls: { caFile: new Secret(authority.caPem), insecureSkipVerify: false },
    proxy,
  });
  expect(await source.properties(idOf('Example'), freeCall())).toMatchObject({ name: 'Example' });
  expect(new Set(proxy.asked)).toEqual(new Set(['seeq.example:443']));
});

it('is reached without TLS through a tunnel too, with the log-in that the proxy wants', async () => {
  const seeq = await simulator();
  const login = `Basic ${Buffer.from('reader:päss').toString('base64')}`;
  const proxy = await startHttpProxy(portOf(seeq.url), ({ headers }) =>
    headers['proxy-authorization'] === login ? undefined : 407,
  );
  const knownTo = (password: string) =>
    openSource('http://seeq.example:34216', {
      proxy: { url: proxy.url, user: new Secret('reader'), password: new Secret(password) },
    });
  expect(await knownTo('päss').properties(idOf('Example'), freeCall())).toMatchObject({ name: 'Example' });
  const error = await rejection(knownTo('wrong').properties(idOf('Example'), freeCall()));
  expect(error).toMatchObject({
    code: 'sourceUnavailable',
    message: `Server "plant" cannot be reached: the proxy ${proxy.url} refuses the log-in (407); check "user" and "password" of "proxy".`,
  });
});

it.each([
  [403, 'does not allow connections to it (403)'],
  [407, 'give "user" and "password" of "proxy"'],
  [502, 'cannot connect to it (502)'],
  [504, 'cannot connect to it (504)'],
])('behind a proxy that answers %i is reported as the fault of the proxy', async (status, text) => {
  const proxy = await startHttpProxy(1, () => status);
  const error = await rejection(
    openSource('https://seeq.example', { proxy }).properties(idOf('Example'), briefCall(1000)),
  );
  expect(error).toMatchObject({ code: 'sourceUnavailable', retryable: true });
  expect(error.message).toContain(`the proxy ${proxy.url}`);
  expect(error.message).toContain(text);
});

it('behind a proxy that is down is reported as the fault of the proxy', async () => {
  const url = await closedAddress();
  const error = await rejection(
    openSource('https://seeq.example', { proxy: { url } }).properties(idOf('Example'), freeCall()),
  );
  expect(error.message).toContain(`the proxy ${url} cannot be used: nothing listens at its address`);
});
