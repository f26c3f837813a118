/** References are read again for every use, wherever they are. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Resolver } from '../../../src/config/resolve.ts';
import { certificateFile, secret } from '../../../src/config/references.ts';
import { SecretSource } from '../../../src/config/secret.ts';
import { fileError } from '../../support/config.ts';
import { createAuthority } from '../../support/nats/certificates.ts';

/** Files that a test can change. */
function surroundings(files: Record<string, string>, env: Record<string, string> = {}) {
  const read = async (path: string) => {
    const text = files[path];
    if (text === undefined) throw fileError('ENOENT');
    return new TextEncoder().encode(text);
  };
  const resolver = new Resolver('/etc/driver/iota.seeqdrv.json', env, read, async () => 0o600);
  return { resolver, resolve: <T>(value: T) => resolver.resolve('settings.ingest', value) };
}

const broker = (password: object) => ({
  mqtt: [{ name: 'hall', credentials: { user: 'u', password: secret().parse(password) } }],
});
const passwordOf = (resolved: unknown): SecretSource => {
  const { mqtt } = resolved as { mqtt: { credentials: { password: SecretSource } }[] };
  const found = mqtt[0]?.credentials.password;
  if (!(found instanceof SecretSource)) throw new Error('There is no password.');
  return found;
};

describe('a secret of a feed', () => {
  it('is what its file holds at the moment of use', async () => {
    const files: Record<string, string> = { '/etc/driver/mqtt.password': 'first\n' };
    const { resolver, resolve } = surroundings(files);
    const password = passwordOf(await resolve(broker({ file: 'mqtt.password' })));
    expect(resolver.problems).toEqual([]);
    expect(await password.reveal()).toBe('first');
    files['/etc/driver/mqtt.password'] = 'second\r\n';
    expect(await password.reveal()).toBe('second');
    // A file of the wrong kind is not used either: nothing of it is sent.
    files['/etc/driver/mqtt.password'] = '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n';
    await expect(password.reveal()).rejects.toThrow(/password: holds a private key/);
    files['/etc/driver/mqtt.password'] = '\n';
    await expect(password.reveal()).rejects.toThrow(/mqtt\.password is empty/);
    delete files['/etc/driver/mqtt.password'];
    await expect(password.reveal()).rejects.toThrow(/mqtt\[0\]\.credentials\.password: .*does not exist/);
  });

  it('can come from the environment, and is missing there with its path', async () => {
    const { resolver, resolve } = surroundings({}, { HALL: 'from-env' });
    expect(await passwordOf(await resolve(broker({ env: 'HALL' }))).reveal()).toBe('from-env');
    await resolve(broker({ env: 'ABSENT' }));
    expect(resolver.problems).toEqual([
      { path: 'settings.ingest.mqtt[0].credentials.password', message: 'the environment variable ABSENT is not set' },
    ]);
  });

  it('is missed at the start, not at the first attempt', async () => {
    const { resolver, resolve } = surroundings({});
    await resolve(broker({ file: 'absent' }));
    expect(resolver.problems.map(({ path }) => path)).toEqual(['settings.ingest.mqtt[0].credentials.password']);
  });

  it('never prints', async () => {
    const { resolve } = surroundings({ '/etc/driver/p': 'hush-hush' });
    const resolved = await resolve(broker({ file: 'p' }));
    const printed = [String(passwordOf(resolved)), JSON.stringify(resolved), inspect(resolved, { depth: 9 })].join();
    expect(printed).not.toContain('hush-hush');
    expect(printed.match(/\[secret\]/g)).toHaveLength(3);
  });
});

describe('a certificate file of a feed', () => {
  it('is read again too, and is never used if it is none', async () => {
    const [first, second] = await Promise.all([createAuthority('First'), createAuthority('Second')]);
    const files: Record<string, string> = { '/etc/driver/ca.pem': first.caPem };
    const { resolve } = surroundings(files);
    const resolved = await resolve({ mqtt: [{ tls: { caFile: certificateFile().parse('ca.pem') } }], prefix: 'iota' });
    const ca = resolved.mqtt[0]?.tls.caFile;
    expect(await ca?.reveal()).toBe(first.caPem);
    files['/etc/driver/ca.pem'] = second.caPem;
    expect(await ca?.reveal()).toBe(second.caPem);
    files['/etc/driver/ca.pem'] = 'PEM';
    await expect(ca?.reveal()).rejects.toThrow(/tls\.caFile: the file \/etc\/driver\/ca\.pem holds no PEM certificate/);
    expect(resolved).toMatchObject({ prefix: 'iota' });
  });
});
