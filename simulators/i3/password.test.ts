import { createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { createDeviceKey } from './example.ts';
import { handmadeToken } from './handmade-token.ts';
import { passwordColumn, passwordProblem } from './password.ts';

const key = createDeviceKey();
const other = createDeviceKey();
const NOW = 1_800_000_000;
const good = { iss: 'ANRG', iat: NOW, exp: NOW + 60 };
const check = (password: string, column = key.publicBody) => passwordProblem(column, password, NOW);
const token = (claims: unknown, header?: object) => handmadeToken(key.privatePem, claims, header);

describe('the token check of the marketplace', () => {
  test.each([
    ['iss, iat and exp', good],
    ['no exp: it never expires', { iss: 'ANRG', iat: NOW }],
    ['iat in the future', { ...good, iat: NOW + 3600 }],
    ['any iss', { ...good, iss: 'somebody else' }],
    ['a subject', { ...good, sub: 'x' }],
    ['exp as a text with digits, which Python takes for a number', { ...good, exp: String(NOW + 60) }],
    ['exp at this very second', { ...good, exp: NOW }],
  ])('passes %s', (_name, claims) => {
    expect(check(token(claims))).toBeUndefined();
  });

  test.each([
    ['exp in the past', { ...good, exp: NOW - 1 }, 'expired'],
    ['nbf in the future', { ...good, nbf: NOW + 5 }, 'not valid yet'],
    ['an audience', { ...good, aud: 'ann$pond$probe2' }, 'audience'],
    ['exp that is no number', { ...good, exp: 'tomorrow' }, 'exp is no number'],
    ['exp null', { ...good, exp: null }, 'exp is no number'],
    ['claims that are a list', [good], 'no JSON object'],
    ['claims that are no JSON', 'hello', 'no JSON object'],
  ])('refuses %s', (_name, claims, why) => {
    expect(check(token(claims))).toContain(why);
  });

  it('passes every algorithm that fits an RSA key', () => {
    for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']) {
      expect(check(token(good, { alg }))).toBeUndefined();
    }
  });

  it('refuses other algorithms, unsigned tokens among them', () => {
    for (const alg of ['ES256', 'none', 'HS256', '']) expect(check(token(good, { alg }))).toContain('signature');
    const [header = '', claims = ''] = token(good, { alg: 'HS256' }).split('.');
    const mac = createHmac('sha256', key.publicBody).update(`${header}.${claims}`).digest('base64url');
    expect(check(`${header}.${claims}.${mac}`)).toContain('signature');
  });

  it('refuses the token of another key, a changed one, and what is none', () => {
    expect(check(handmadeToken(other.privatePem, good))).toContain('signature');
    const [header = '', , signature = ''] = token(good).split('.');
    const forged = Buffer.from(JSON.stringify({ ...good, exp: NOW + 1e6 })).toString('base64url');
    expect(check(`${header}.${forged}.${signature}`)).toContain('signature');
    for (const text of ['', 'a', 'a.b', '..', 'a.b.c.d', '🐟.🐟.🐟', key.privatePem]) expect(check(text)).toBeDefined();
    expect(check(token(good), 'this is not a public key')).toContain('stored public key');
  });
});

describe('the password column', () => {
  it('holds a PBKDF2 hash of 24 bytes over the salt as text, 901 rounds', () => {
    const column = passwordColumn({ password: 'probe-password' });
    const [, salt = '', hash = ''] = /^PBKDF2\$sha256\$901\$([^$]+)\$([^$]+)$/.exec(column) ?? [];
    expect(pbkdf2Sync('probe-password', salt, 901, 24, 'sha256').toString('base64')).toBe(hash);
    expect(check('probe-password', column)).toBeUndefined();
    expect(check('probe-passwore', column)).toContain('wrong');
  });

  it('takes a public key from its PEM, and refuses what is too short to be one', () => {
    const pem = `-----BEGIN PUBLIC KEY-----\n${key.publicBody.replace(/.{64}/g, '$&\n')}\n-----END PUBLIC KEY-----\n`;
    expect(passwordColumn({ publicKey: pem })).toBe(key.publicBody);
    expect(check('0123456789', '0123456789')).toContain('too short');
    expect(check('x', 'PBKDF2$sha256$$$')).toContain('wrong');
  });
});
