/** What the files and variables of the feeds hold: a wrong one is told at start, by the place that names it. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../support/nats/certificates.ts';
import { good, load, refusal, type Raw } from '../../support/config.ts';

const authority = await createAuthority();
const [own, other] = await Promise.all([authority.issue(), authority.issue()]);
const pem = { type: 'pkcs8', format: 'pem' } as const;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = rsa.privateKey.export(pem).toString();
const locked = rsa.privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
const body = (text: string): string => text.split('\n').slice(1, 3).join('');

const files = {
  '/etc/driver/ca.pem': authority.caPem,
  '/etc/driver/cert.pem': own.certPem,
  '/etc/driver/cert.key': own.keyPem,
  '/etc/driver/other.key': other.keyPem,
  '/etc/driver/rsa.key': key,
  '/etc/driver/rsa.pub': rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  '/etc/driver/locked.key': locked,
  '/etc/driver/ec.key': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem).toString(),
  '/etc/driver/password': 'hidden-password\n',
  '/etc/driver/short': 'hid',
  '/etc/driver/lines': 'hidden-password\nhidden-rest\n',
};
const file = (name: string): Raw => ({ file: name });

const mqtt = (more: Raw): Raw => ({
  mqtt: [{ name: 'hall', url: 'mqtts://broker', clientId: 'driver', topics: [{ filter: 'a/#' }], ...more }],
});
const i3 = (credentials: Raw): Raw => ({
  i3: [{ name: 'm', url: 'mqtts://i3', user: 'ann$pond$probe', credentials, products: [{ topic: 'ann/pond/ph' }] }],
});
const iotopen = (credentials: Raw): Raw => ({
  iotopen: [{ name: 'lynx', url: 'https://lynx', credentials, mqtt: { clientId: 'driver' } }],
});
const seneye = (more: Raw): Raw => ({ seneye: { sources: [{ source: 'SWS_1', secret: file('password') }], ...more } });

describe('a wrong content', () => {
  it.each<[what: string, ingest: Raw, path: string, message: RegExp]>([
    ['no authority', mqtt({ tls: { caFile: 'password' } }), 'mqtt[0].tls.caFile', /holds no PEM certificate/],
    [
      'a key as a certificate',
      mqtt({ tls: { certFile: 'rsa.key', keyFile: 'rsa.key' } }),
      'mqtt[0].tls.certFile',
      /no PEM/,
    ],
    [
      'no key',
      mqtt({ tls: { certFile: 'cert.pem', keyFile: 'cert.pem' } }),
      'mqtt[0].tls.keyFile',
      /no private key in PEM/,
    ],
    [
      'a locked key',
      mqtt({ tls: { certFile: 'cert.pem', keyFile: 'locked.key' } }),
      'mqtt[0].tls.keyFile',
      /encrypted private key, and the driver knows no passphrase/,
    ],
    [
      'the key of another certificate',
      mqtt({ tls: { certFile: 'cert.pem', keyFile: 'other.key' } }),
      'mqtt[0].tls.keyFile',
      /does not belong to the first certificate of settings\.ingest\.mqtt\[0\]\.tls\.certFile/,
    ],
    [
      'the key of another listener',
      seneye({ tls: { certFile: 'cert.pem', keyFile: 'other.key' } }),
      'seneye.tls.keyFile',
      /does not belong/,
    ],
    [
      'a key as a password',
      mqtt({ credentials: { user: 'driver', password: file('rsa.key') } }),
      'mqtt[0].credentials.password',
      /holds a private key, which must never leave this machine/,
    ],
    [
      'two lines',
      iotopen({ apiKey: file('lines') }),
      'iotopen[0].credentials.apiKey',
      /more than one line; it must hold the secret and nothing else/,
    ],
    [
      'two lines for a sender',
      { seneye: { sources: [{ source: 'SWS_1', secret: file('lines') }] } },
      'seneye.sources[0].secret',
      /more than one line/,
    ],
    [
      'two lines for a device',
      { seneye: { sources: [{ source: 'SWS_1', devices: [{ id: 'a', secret: file('lines') }] }] } },
      'seneye.sources[0].devices[0].secret',
      /more than one line/,
    ],
    [
      'a key as a password at I3',
      i3({ password: file('rsa.key') }),
      'i3[0].credentials.password',
      /under credentials\.priv/,
    ],
    ['a short password at I3', i3({ password: file('short') }), 'i3[0].credentials.password', /has 3 characters/],
    [
      'a password as a key',
      i3({ privateKey: file('password') }),
      'i3[0].credentials.privateKey',
      /holds no private key/,
    ],
    ['a public key', i3({ privateKey: file('rsa.pub') }), 'i3[0].credentials.privateKey', /holds a public key/],
    ['a key of another kind', i3({ privateKey: file('ec.key') }), 'i3[0].credentials.privateKey', /RSA keys only/],
    ['a locked key at I3', i3({ privateKey: file('locked.key') }), 'i3[0].credentials.privateKey', /is encrypted/],
  ])('%s', async (_what, ingest, path, message) => {
    const failure = await refusal(good({}, { ingest }), { files });
    expect(failure.problems.map((problem) => problem.path)).toEqual([`settings.ingest.${path}`]);
    expect(failure.problems[0]?.message).toMatch(message);
    for (const secret of ['hidden', body(key), body(locked), body(other.keyPem)]) {
      expect(JSON.stringify([failure.message, failure.problems])).not.toContain(secret);
    }
  });
});

describe('a right content', () => {
  it.each<[what: string, ingest: Raw]>([
    ['TLS by both sides', mqtt({ tls: { caFile: 'ca.pem', certFile: 'cert.pem', keyFile: 'cert.key' } })],
    ['TLS of a listener', seneye({ tls: { certFile: 'cert.pem', keyFile: 'cert.key' } })],
    ['a password', mqtt({ credentials: { user: 'driver', password: file('password') } })],
    ['a password at I3', i3({ password: file('password') })],
    ['a key at I3', i3({ privateKey: file('rsa.key') })],
  ])('%s', async (_what, ingest) => {
    await expect(load(good({}, { ingest }), { files })).resolves.toBeDefined();
  });
});
