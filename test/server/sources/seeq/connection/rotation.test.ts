/** Log-in and authorities of a Seeq server that are replaced while the driver runs: used at the next log-in and connection. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Account } from '../../../../../simulators/seeq/http/sessions.ts';
import type { SeeqSource } from '../../../../../src/sources/seeq/source.ts';
import { eventually } from '../../../../support/eventually.ts';
import { createAuthority } from '../../../../support/nats/index.ts';
import { freeCall, idOf, openSource, rejection, simulator } from '../support.ts';

/** A text that a test can replace, or make unreadable. */
function file(text: string) {
  const source = {
    text: text as string | undefined,
    reveal: async () => {
      if (source.text === undefined)
        throw new Error('settings.servers[0].credentials.password: the file p does not exist');
      return source.text;
    },
  };
  return source;
}

async function rotating() {
  const account: Account = { kind: 'user', name: 'reader', password: 'first-word' };
  const accounts = [account];
  const seeq = await simulator({ accounts });
  const password = file('first-word');
  const source = openSource(seeq.url, {
    credentials: { kind: 'user', user: { reveal: () => 'reader' }, password, directory: 'Seeq' },
  });
  return {
    seeq,
    password,
    read: () => source.properties(idOf('Example'), freeCall()),
    /** The server takes another password, and knows none of its sessions any more. */
    change: (word: string) => {
      accounts.splice(0, 1, { ...account, password: word });
      return seeq.control.voidTokens();
    },
  };
}

it('a rotated password is used when the session has ended', async () => {
  const { password, read, change } = await rotating();
  expect(await read()).toMatchObject({ name: 'Example' });
  password.text = 'second-word';
  await change('second-word');
  expect(await read()).toMatchObject({ name: 'Example' });
});

it('a password that was refused is not tried again for a while, but a new one is at once', async () => {
  const { password, read, change } = await rotating();
  await read();
  await change('second-word');
  expect(await rejection(read())).toMatchObject({ code: 'unauthorized' });
  password.text = 'third-word';
  expect(await rejection(read())).toMatchObject({ code: 'unauthorized' });
  password.text = 'second-word';
  expect(await read()).toMatchObject({ name: 'Example' });
});

it('a password that cannot be read is reported with its file, and read again for the next call', async () => {
  const { password, read, change } = await rotating();
  await read();
  await change('second-word');
  password.text = undefined;
  const error = await rejection(read());
  expect(error).toMatchObject({ code: 'sourceUnavailable', retryable: true });
  expect(error.message).toMatch(/cannot be read: .*the file p does not exist/);
  password.text = 'second-word';
  expect(await read()).toMatchObject({ name: 'Example' });
});

it('the session goes on while its password cannot be read', async () => {
  const { password, read } = await rotating();
  await read();
  password.text = undefined;
  expect(await read()).toMatchObject({ name: 'Example' });
});

it('a rotated authority is used at the next connection, and one that cannot be read is reported', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seeq-ca-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const [first, second] = await Promise.all([createAuthority('First'), createAuthority('Second')]);
  const { certPem, keyPem } = await second.issue();
  const tls = { certFile: join(folder, 'c.pem'), keyFile: join(folder, 'k.pem') };
  writeFileSync(tls.certFile, certPem);
  writeFileSync(tls.keyFile, keyPem);
  const seeq = await simulator({ tls });
  const ca = file('');
  ca.text = undefined;
  const read = async (source: SeeqSource) => source.properties(idOf('Example'), freeCall());
  const source = openSource(seeq.url, { tls: { caFile: ca, insecureSkipVerify: false } });
  const { code, message } = await rejection(read(source));
  expect([code, message]).toEqual(['sourceUnavailable', expect.stringMatching(/a certificate cannot be read/)]);
  ca.text = first.caPem;
  expect((await rejection(read(source))).message).toContain('not signed by a trusted authority');
  ca.text = second.caPem;
  // A server that could not be reached is left alone for a moment.
  expect(await eventually(() => read(source))).toMatchObject({ name: 'Example' });
});
