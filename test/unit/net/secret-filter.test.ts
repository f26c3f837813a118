/** Secrets in texts of others: in no usual encoding, and in no part, do they get through; ordinary words do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretFilter } from '../../../src/net/secret-filter.ts';
import { propertyRuns } from '../../support/property-runs.ts';

const SECRET = 'p@ss "wörd"/+7f3a9c';
const percent = (text: string, upper = true): string =>
  Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`)
    .join('')
    .replace(/%../g, (escape) => (upper ? escape.toUpperCase() : escape));
const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;').replaceAll('/', '&#x2F;');
const units = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

/** How careless servers repeat what they were sent. */
const FORMS: Record<string, (secret: string) => string> = {
  'as it is': (secret) => secret,
  'in other letters': (secret) => secret.toUpperCase(),
  'in Base64': (secret) => Buffer.from(secret).toString('base64'),
  'in Base64 for URLs': (secret) => Buffer.from(secret).toString('base64url'),
  'as Basic, with a user': (secret) => `Basic ${Buffer.from(`reader:${secret}`).toString('base64')}`,
  'as Basic, with a longer user': (secret) => `Basic ${Buffer.from(`reader1:${secret}`).toString('base64')}`,
  'as Basic, with a still longer user': (secret) => `Basic ${Buffer.from(`reader12:${secret}`).toString('base64')}`,
  'in a whole request in Base64': (secret) =>
    Buffer.from(JSON.stringify({ a: 1, password: secret })).toString('base64'),
  'in Latin-1 in Base64': (secret) => Buffer.from(secret, 'latin1').toString('base64'),
  'percent-encoded': encodeURIComponent,
  'percent-encoded wholly': (secret) => percent(secret),
  'percent-encoded in lower case': (secret) => percent(secret, false),
  'percent-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'percent-encoded Base64': (secret) => encodeURIComponent(Buffer.from(secret).toString('base64')),
  'as a form': (secret) => new URLSearchParams({ password: secret }).toString(),
  'in hexadecimal': (secret) => Buffer.from(secret).toString('hex'),
  'in upper-case hexadecimal': (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  'escaped for JSON': (secret) => JSON.stringify(secret),
  'escaped for JSON wholly': units,
  'escaped for JSON twice': (secret) => JSON.stringify(JSON.stringify(secret)),
  'escaped for HTML': html,
  'escaped for HTML and JSON': (secret) => JSON.stringify(html(secret)),
  'without its end': (secret) => `${secret.slice(0, -3)}...`,
  'without its beginning': (secret) => `...${secret.slice(3)}`,
  'in Base64, cut off': (secret) => Buffer.from(`u:${secret}`).toString('base64').slice(0, -6),
};

/** Every reading of a text: as it is, and with what can be decoded decoded. */
function readings(text: string): string[] {
  const decoded = [text];
  for (let step = 0; step < 3; step++) {
    decoded.push(
      (decoded.at(-1) ?? '')
        .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString())
        .replace(/\\u([0-9a-f]{4})/gi, (_, unit: string) => String.fromCharCode(parseInt(unit, 16)))
        .replace(/\\(["\\])/g, '$1')
        .replaceAll('&quot;', '"')
        .replaceAll('&#x2F;', '/'),
    );
  }
  return decoded.flatMap((one) => [
    one.toLowerCase(),
    ...(one.match(/[\w+/-]{8,}/g) ?? []).flatMap((run) => [
      Buffer.from(run, 'base64').toString('latin1').toLowerCase(),
      Buffer.from(run, 'base64').toString().toLowerCase(),
      Buffer.from(run, 'hex').toString().toLowerCase(),
    ]),
  ]);
}

/** Not even most of it can be read. */
function expectHidden(shown: string, secret: string): void {
  const most = Math.ceil(secret.length * 0.75);
  for (const reading of readings(shown)) {
    for (let at = 0; at + most <= secret.length; at++) {
      expect(reading).not.toContain(secret.slice(at, at + most).toLowerCase());
    }
  }
}

describe('a secret', () => {
  it.each(Object.entries(FORMS))('that is repeated %s is taken out, and the rest is left', (_form, write) => {
    const shown = new SecretFilter([SECRET]).clean(`You sent ${write(SECRET)}, which is wrong.`);
    expect(shown).toMatch(/^You sent .*\[secret\].*, which is wrong\.$/);
    expectHidden(shown, SECRET);
  });

  it('of any characters is taken out of any form of it', () => {
    const secrets = fc
      .string({ minLength: 8, maxLength: 80, unit: 'grapheme-ascii' })
      .filter((text) => /[^a-z ]/i.test(text.slice(1, -1)));
    const forms = fc.constantFrom(
      ...Object.keys(FORMS).filter((form) => !form.startsWith('without') && !form.includes('cut')),
    );
    fc.assert(
      fc.property(secrets, forms, fc.string({ maxLength: 20 }), (secret, form, around) => {
        const shown = new SecretFilter([secret]).clean(`${around}<${FORMS[form]?.(secret) ?? ''}>${around}`);
        expect(shown).toContain('[secret]');
      }),
      { numRuns: propertyRuns(500), seed: 1 },
    );
  });

  it('is removed wherever the shown part of the text ends', () => {
    const filter = new SecretFilter([SECRET]);
    const text = `Your password is ${SECRET}.`;
    for (let longest = 1; longest <= text.length; longest++) expectHidden(filter.clean(text, longest), SECRET);
  });

  it('is not put together by what is taken out', () => {
    const shown = new SecretFilter(['abc123-secret']).clean('abc123\u0000-secret abc123\u001b[31m-secret');
    expect(shown).not.toContain('abc123-secret');
  });

  it.each(['abc', 'the', 'password', 'x'])(
    'that may be in a text by chance (%s) hides all texts, so that nothing shows it',
    (secret) => {
      const filter = new SecretFilter([secret, SECRET]);
      expect(filter.clean('The username or the password is not right')).toBe('');
      expect(filter.clean('something else')).toBe('');
    },
  );

  it('that holds an ordinary word leaves that word in texts', () => {
    const filter = new SecretFilter(['password1', 'reader-password']);
    expect(filter.clean('The username or the password of the reader is not right')).toBe(
      'The username or the password of the reader is not right',
    );
    expect(filter.clean('You sent password1 and reader-password')).toBe('You sent [secret] and [secret]');
  });

  it('of which there are many are kept out, the newest of them', () => {
    const filter = new SecretFilter();
    for (let n = 0; n < 100; n++) filter.learn(`token-number-${n}-xyz`);
    expect(filter.clean('token-number-99-xyz')).toBe('[secret]');
  });
});

it('a text of others is one line of bounded length without control characters', () => {
  const filter = new SecretFilter([SECRET]);
  expect(filter.clean('a\u001b[31mred\u001b[0m\r\nb\u202ec\u0007')).toBe('a red   b c ');
  expect(filter.clean('x'.repeat(1_000_000), 500)).toHaveLength(500);
  expect(filter.clean('\ud800half', 10)).toBe('\ufffdhalf');
});

it.each([
  ['escapes', '%25'.repeat(400_000)],
  ['open escapes', '%2'.repeat(500_000)],
  ['entities', '&#x26;'.repeat(200_000)],
  ['terminal codes', '\u001b['.repeat(500_000)],
  ['the secret, again and again', SECRET.repeat(50_000)],
  ['almost the secret', SECRET.slice(0, 10).repeat(100_000)],
  ['backslashes', '\\'.repeat(1_000_000)],
])('a text of 1 MB of %s is cleaned within its bounds', (_what, text) => {
  // Enough runs for anything worse than linear work to fail the time limit of the test.
  const filter = new SecretFilter([SECRET, 'x1'.repeat(2000), 'simulator-access-key']);
  for (let n = 0; n < 20; n++) expect(filter.clean(text).length).toBeLessThanOrEqual(2000 + 400 * 8);
});
