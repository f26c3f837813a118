/** The signed message in every encoding of the field, and what must not pass. The HMAC here is the test's own. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../../../../src/ingest/feeds/seneye/jws.ts';
import { isSignedWith, JwsError, readJws } from '../../../../../src/ingest/feeds/seneye/jws.ts';
import { signMessage, type Encoding } from '../../../../../simulators/seneye/encoding.ts';
import { propertyRuns } from '../../../../support/property-runs.ts';

const HEADER = 'eyJhbGciOiJIUzI1NiJ9';
const SAMPLE =
  '{"version":"1.0.0","SUD":{"id":"AAAAABBBBBCCCCCDDDDDEEEEEFFFFF00","name":"Office","type":1,"TS":1609561222,"data":{"S":{"W":1,"T":0,"P":0,"N":0,"S":0},"T":21.125,"P":7.94,"N":0.001}}}';

const mac = (secret: string, text: string): Buffer => createHmac('sha256', Buffer.from(secret)).update(text).digest();
const url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** Whether the body counts as signed with the secret; false also when it has no form at all. */
function passes(body: string | Uint8Array, secret: string): boolean {
  try {
    return isSignedWith(secret, readJws(Buffer.from(body)));
  } catch (error) {
    if (error instanceof JwsError) return false;
    throw error;
  }
}

const encodings: Encoding[] = (['standard', 'url'] as const).flatMap((signature) =>
  [true, false].flatMap((signaturePadding) =>
    (['standard', 'url'] as const).flatMap((payload) =>
      [true, false].flatMap((payloadPadding) =>
        (['sent', 'url'] as const).map((signed) => ({ signature, signaturePadding, payload, payloadPadding, signed })),
      ),
    ),
  ),
);

/** Its base64 holds both `+` and `/`, and padding. */
const AWKWARD = Buffer.from('{"a":"~~~???>>>ÿÿþ"}', 'utf8');

describe('a signed message', () => {
  it('of the known sample passes, with its secret and no other', () => {
    const text = `${HEADER}.${url(Buffer.from(SAMPLE))}`;
    const body = `${text}.${url(mac('AAAAAAAA', text))}`;
    expect(passes(body, 'AAAAAAAA')).toBe(true);
    expect(readJws(Buffer.from(body)).payload.toString()).toBe(SAMPLE);
    expect(passes(body, 'AAAAAAAB')).toBe(false);
    expect(passes(body, 'aaaaaaaa')).toBe(false);
    expect(passes(body, '')).toBe(false);
  });

  it('is looked at in a payload that needs both alphabets', () => {
    const standard = AWKWARD.toString('base64');
    expect(standard).toMatch(/\+/);
    expect(standard).toMatch(/\//);
    expect(standard).toMatch(/=$/);
  });

  it.each(encodings)(
    'passes in $signature (padded: $signaturePadding), payload $payload (padded: $payloadPadding), signed as $signed',
    (encoding) => {
      const body = signMessage(AWKWARD, 'FGQEEESSA', encoding);
      expect(passes(body, 'FGQEEESSA')).toBe(true);
      expect(readJws(Buffer.from(body)).payload).toEqual(AWKWARD);
      expect(passes(body, 'FGQEEESSB')).toBe(false);
    },
  );

  it('passes where the sender signs the standard form and sends the other', () => {
    const signature = mac('S', `${HEADER}.${AWKWARD.toString('base64')}`);
    expect(passes(`${HEADER}.${url(AWKWARD)}.${url(signature)}`, 'S')).toBe(true);
  });

  it('passes with spaces and line breaks around it', () => {
    expect(passes(`\r\n ${signMessage(AWKWARD, 'S')}\r\n`, 'S')).toBe(true);
  });

  it('passes whatever it holds, and never with a bit changed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ minLength: 1, maxLength: 20 }),
        fc.constantFrom(...encodings),
        fc.nat(),
        (payload, secret, encoding, bit) => {
          const body = Buffer.from(signMessage(payload, secret, encoding));
          expect(passes(body, secret)).toBe(true);
          expect(Buffer.from(payload).equals(readJws(body).payload)).toBe(true);
          const changed = Buffer.from(body);
          const at = bit % (body.length * 8);
          changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
          expect(passes(changed, secret)).toBe(false);
        },
      ),
      { numRuns: propertyRuns(500) },
    );
  });

  it('never passes with any bit of its signature changed', () => {
    const body = Buffer.from(signMessage(AWKWARD, 'S'));
    for (let at = (body.lastIndexOf('.') + 1) * 8; at < body.length * 8; at++) {
      const changed = Buffer.from(body);
      changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
      expect(passes(changed, 'S')).toBe(false);
    }
  });
});

describe('another algorithm', () => {
  const payload = url(Buffer.from(SAMPLE));
  const signed = (header: unknown, secret = 'S'): string => {
    const text = `${url(Buffer.from(typeof header === 'string' ? header : JSON.stringify(header)))}.${payload}`;
    return `${text}.${url(mac(secret, text))}`;
  };

  it.each([{ alg: 'HS256', typ: 'JWT' }, { typ: 'JOSE', alg: 'HS256', kid: 'x' }, ' { "alg" : "HS256" } '])(
    'is none: header %j passes',
    (header) => {
      expect(passes(signed(header), 'S')).toBe(true);
    },
  );

  it.each([
    { alg: 'none' },
    { alg: 'None' },
    { alg: 'RS256' },
    { alg: 'HS512' },
    { alg: 'hs256' },
    { alg: ['HS256'] },
    { typ: 'JWT' },
    { alg: 'HS256', crit: ['exp'] },
    { alg: 'HS256', b64: false },
    ['HS256'],
    'null',
    'HS256',
    '{"alg":"HS256"',
    '',
  ])('is refused although the HMAC is right: header %j', (header) => {
    expect(() => readJws(Buffer.from(signed(header)))).toThrow(JwsError);
  });

  it('is refused without a signature, in all the ways to leave it out', () => {
    const text = `${HEADER}.${payload}`;
    const none = `${url(Buffer.from('{"alg":"none"}'))}.${payload}`;
    for (const body of [text, `${text}.`, `${none}.`, `${text}.=`, `${text}.====`, `${text}..`, '', '.', '..', '...'])
      expect(() => readJws(Buffer.from(body)), body).toThrow(JwsError);
  });

  it('is refused with a signature of another length, though its beginning is right', () => {
    const text = `${HEADER}.${payload}`;
    const right = mac('S', text);
    for (const bytes of [
      right.subarray(0, 31),
      Buffer.concat([right, Buffer.from([0])]),
      Buffer.concat([right, right]),
    ])
      expect(() => readJws(Buffer.from(`${text}.${url(bytes)}`))).toThrow(JwsError);
  });

  it('is refused where the body is anything else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.string().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(passes(bytes, 'S')).toBe(false);
        },
      ),
    );
  });
});

describe('base64', () => {
  it('is read in both alphabets, padded or not, and mixed', () => {
    for (const text of ['-_-_', '+/+/', '-/+_']) expect(decodeBase64(text)).toEqual(Buffer.from('fbffbf', 'hex'));
    for (const text of ['/w==', '_w==', '/w', '_w']) expect(decodeBase64(text)).toEqual(Buffer.from([255]));
    expect(decodeBase64('')).toEqual(Buffer.alloc(0));
  });

  it('is refused where two texts would mean the same, or where it is none', () => {
    for (const text of ['_x', '_w=', '_w===', 'A', 'AAAAA', '=', 'AA=A', 'AA AA', 'AAAA\n', 'ÄÄÄÄ', 'AA.A'])
      expect(decodeBase64(text), text).toBeUndefined();
  });
});
