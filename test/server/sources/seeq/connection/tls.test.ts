/** TLS to a Seeq server: whom the driver trusts, and what it says when it does not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../../../src/config/secret.ts';
import type { ServerCertificate } from '../../../../../simulators/support/certificate.ts';
import { type Authority, createAuthority } from '../../../../support/nats/index.ts';
import { freeCall, idOf, openSource, rejection, simulator } from '../support.ts';

let folder: string;
let authority: Authority;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seeq-tls-'));
  authority = await createAuthority();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let count = 0;
async function secured(certificate: ServerCertificate): Promise<string> {
  const [certFile, keyFile] = [join(folder, `${++count}.pem`), join(folder, `${count}.key`)];
  writeFileSync(certFile, certificate.certPem);
  writeFileSync(keyFile, certificate.keyPem, { mode: 0o600 });
  return (await simulator({ tls: { certFile, keyFile } })).url;
}
const read = (url: string, { ca, insecureSkipVerify = false }: { ca?: string; insecureSkipVerify?: boolean }) =>
  openSource(url, { tls: { caFile: ca === undefined ? undefined : new Secret(ca), insecureSkipVerify } }).properties(
    idOf('Example'),
    freeCall(),
  );

it('works with the right authority', async () => {
  const url = await secured(await authority.issue());
  expect(await read(url, { ca: authority.caPem })).toMatchObject({ name: 'Example' });
});

it('works without any check where the operator wants that', async () => {
  const url = await secured(await (await createAuthority('Other')).issue(['elsewhere.example']));
  expect(await read(url, { insecureSkipVerify: true })).toMatchObject({ name: 'Example' });
});

describe('a certificate', () => {
  it.each([
    [
      'of another authority',
      async () => (await createAuthority('Other')).issue(),
      'not signed by a trusted authority; give that authority as tls.caFile',
    ],
    ['for another host', () => authority.issue(['elsewhere.example']), 'for another host name; use that name in "url"'],
    ['that has expired', () => authority.issue(undefined, { expired: true }), 'not valid today'],
  ])('%s is refused with advice', async (_what, issue, text) => {
    const error = await rejection(read(await secured(await issue()), { ca: authority.caPem }));
    expect(error).toMatchObject({ code: 'sourceUnavailable', retryable: true });
    expect(error.message).toContain(text);
  });
});

it('to a server without TLS is reported', async () => {
  const plain = (await simulator()).url.replace('http:', 'https:');
  const error = await rejection(read(plain, {}));
  expect(error.message).toContain('TLS does not work with it; is it plain "http", or the wrong port?');
});

it('without TLS to a server with TLS is reported', async () => {
  const secure = (await secured(await authority.issue())).replace('https:', 'http:');
  const error = await rejection(read(secure, {}));
  expect(error).toMatchObject({ code: expect.stringMatching(/^source(Unavailable|Error)$/) as string });
});
