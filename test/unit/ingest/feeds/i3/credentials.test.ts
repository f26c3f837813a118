import { createPrivateKey, generateKeyPairSync, verify, createPublicKey } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { SecretSource } from '../../../../../src/config/secret.ts';
import { loginOf } from '../../../../../src/ingest/feeds/i3/credentials.ts';
import { readPrivateKey } from '../../../../../src/ingest/feeds/i3/secrets.ts';

const NOW_MS = 1_800_000_000_900;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pkcs8 = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const pkcs1 = rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const spki = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const bodyOf = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '');

const secret = (text: string) => new SecretSource(() => Promise.resolve(text));
const withKey = (text: string, more: { issuer?: string; lifetimeSeconds?: number } = {}) =>
  loginOf({ user: 'ann$pond$probe', credentials: { lifetimeSeconds: 60, ...more, privateKey: secret(text) } }, NOW_MS);
const withPassword = (text: string) =>
  loginOf({ user: 'bob', credentials: { lifetimeSeconds: 60, password: secret(text) } }, NOW_MS);

describe('a token', () => {
  it('is signed with RS256 and holds exactly iss, iat and exp, whole numbers', async () => {
    const { username, password = '' } = await withKey(pkcs8);
    expect(username).toBe('ann$pond$probe');
    const [header = '', claims = '', signature = ''] = password.split('.');
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(read(header)).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(read(claims)).toEqual({ iss: 'ann', iat: 1_800_000_000, exp: 1_800_000_060 });
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify('sha256', signed, createPublicKey(spki), Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it('takes issuer and life from the configuration', async () => {
    const { password = '' } = await withKey(pkcs8, { issuer: 'ANRG', lifetimeSeconds: 5 });
    const claims = Buffer.from(password.split('.')[1] ?? '', 'base64url').toString();
    expect(JSON.parse(claims)).toEqual({ iss: 'ANRG', iat: 1_800_000_000, exp: 1_800_000_005 });
  });
});

describe('a private key', () => {
  test.each([
    ['PEM of PKCS#8', pkcs8],
    ['PEM of PKCS#1', pkcs1],
    ['PEM with Windows line breaks', pkcs8.replaceAll('\n', '\r\n')],
    ['PEM after other text', `Bag Attributes\n  friendlyName: x\n${pkcs8}`],
    ['PEM with \\n in a variable', pkcs8.replaceAll('\n', '\\n')],
    ['PEM on one line', pkcs8.replaceAll('\n', ' ')],
    ['the body of PKCS#8', bodyOf(pkcs8)],
    ['the body of PKCS#1', bodyOf(pkcs1)],
    ['a body in lines', bodyOf(pkcs1).replace(/.{64}/g, '$&\n')],
    ['a body after a byte order mark', `\uFEFF${bodyOf(pkcs8)}`],
  ])('is read from %s', (_name, text) => {
    expect(readPrivateKey(text).equals(createPrivateKey(pkcs8))).toBe(true);
  });

  test.each([
    ['a public key', spki, 'holds a public key, where the private key is needed'],
    ['the body of a public key', bodyOf(spki), 'holds a public key, where the private key is needed'],
    ['a certificate', spki.replaceAll('PUBLIC KEY', 'CERTIFICATE'), 'holds a certificate'],
    ['an EC key', ec.export({ type: 'pkcs8', format: 'pem' }).toString(), 'is of type ec; I3 takes RSA'],
    ['an EC key of SEC1', ec.export({ type: 'sec1', format: 'pem' }).toString(), 'is of type ec'],
    ['the body of an EC key', bodyOf(ec.export({ type: 'sec1', format: 'pem' }).toString()), 'is of type ec'],
    [
      'an Ed25519 key',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'ed25519',
    ],
    [
      'a key for PSS only',
      generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
      'rsa-pss',
    ],
    [
      'a short key',
      generateKeyPairSync('rsa', { modulusLength: 1024 })
        .privateKey.export({ type: 'pkcs1', format: 'pem' })
        .toString(),
      '1024 bits',
    ],
    [
      'an encrypted key',
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
      'encrypted',
    ],
    [
      'an encrypted key of old',
      rsa.privateKey.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
      'encrypted',
    ],
    [
      'an OpenSSH key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n-----END OPENSSH PRIVATE KEY-----',
      'OpenSSH',
    ],
    ['half of a PEM', pkcs8.slice(0, 800), 'no end'],
    ['half of a body', bodyOf(pkcs8).slice(0, 800), 'no private key'],
    ['a damaged PEM', pkcs8.replace(/\n.{40}/, '\nAAAA'), 'damaged'],
    ['a word', 'secret-password', 'no private key'],
  ])('is not %s', (_name, text, why) => {
    let message = '';
    try {
      readPrivateKey(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain(why);
    expect(message).not.toContain(bodyOf(text).slice(20, 60) || text);
  });
});

describe('a password', () => {
  it('is taken from 6 to 500 characters, whatever they are', async () => {
    for (const text of ['123456', 'pässwörd', 'x'.repeat(500), 'MIIxxx', 'k3j9x0q2m4z7', '🐟'.repeat(500)]) {
      expect(await withPassword(text)).toEqual({ username: 'bob', password: text });
    }
    await expect(withPassword('12345')).rejects.toThrow('5 characters');
    await expect(withPassword('x'.repeat(501))).rejects.toThrow('501 characters');
  });

  test.each([
    ['PEM', pkcs8],
    ['PEM of old', pkcs1],
    ['PEM on one line', pkcs8.replaceAll('\n', ' ')],
    ['PEM without its first line', pkcs8.split('\n').slice(1).join('\n')],
    ['PEM in base64', Buffer.from(pkcs8).toString('base64')],
    [
      'an encrypted key',
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
    ],
    ['the body of PKCS#8', bodyOf(pkcs8)],
    ['the body of PKCS#1', bodyOf(pkcs1)],
    ['a body in lines', bodyOf(pkcs8).replace(/.{64}/g, '$&\r\n')],
    ['the body of an EC key', bodyOf(ec.export({ type: 'sec1', format: 'pem' }).toString())],
    ['half of a body', bodyOf(pkcs8).slice(0, 300)],
    ['a JSON Web Key', JSON.stringify(rsa.privateKey.export({ format: 'jwk' }))],
    ['a public key', bodyOf(spki)],
  ])('is never a key: %s', async (_name, text) => {
    const refused = withPassword(text);
    await expect(refused).rejects.toThrow('nothing was sent');
    await expect(refused).rejects.not.toThrow(bodyOf(text).slice(30, 60));
  });
});
