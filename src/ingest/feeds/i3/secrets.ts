/**
 * The secrets of an account: RSA private keys in the forms that users have (PEM in a file, PEM on one line of a variable,
 * base64 without PEM), and passwords.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { count, withArticle } from '../../../lib/wording/phrases.ts';

/** The problem of a key, in words and without any of its content. */
export class KeyProblem extends Error {
  override readonly name = 'KeyProblem';
}

/** RS256 requires at least this key size (RFC 7518, section 3.3). */
const SHORTEST_BITS = 2048;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Parses the key from PEM (PKCS#8 or PKCS#1) or from the base64 between its lines.
 * @throws KeyProblem for anything else; it describes what was found
 */
export function readPrivateKey(text: string): KeyObject {
  const key = pemBlocks(text).length > 0 ? fromPem(text) : fromBody(text);
  if (key.asymmetricKeyType !== 'rsa') {
    throw new KeyProblem(`The private key is of type ${key.asymmetricKeyType ?? 'unknown'}; I3 takes RSA keys only.`);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < SHORTEST_BITS) {
    throw new KeyProblem(
      `The RSA key has ${bits} bits; RS256 needs ${SHORTEST_BITS} at least. Make a new pair of keys.`,
    );
  }
  return key;
}

/** Password length that the marketplace's forms allow, in characters. A buyer's password has 12. */
const PASSWORD_LENGTH = { least: 6, most: 500 };

/** Why a text cannot be a password of an I3 marketplace and must not be sent as one. Undefined if it can. */
export function passwordProblem(password: string): string | undefined {
  const key = keyInPassword(password);
  if (key !== undefined) {
    return `The password ${key}, which must never leave this machine, so nothing was sent. Name the file of the private key under credentials.privateKey instead.`;
  }
  const { least, most } = PASSWORD_LENGTH;
  const length = Array.from(password).length;
  return length < least || length > most
    ? `The password has ${count(length, 'character')}; one of I3 has ${least} to ${most}. Nothing was sent.`
    : undefined;
}

/**
 * Why a text must not be sent as a password: it is a key, or so similar to one that it was meant to be one. Undefined
 * if it may be sent.
 */
function keyInPassword(text: string): string | undefined {
  const bare = withoutSpace(text);
  if (/-----BEGIN|PRIVATE ?KEY/i.test(text) || bare.startsWith('LS0tLS1CRUdJTi')) return 'holds a key in PEM form';
  if (/"kty"\s*:/.test(text)) return 'holds a JSON Web Key';
  if (!BASE64.test(bare)) return undefined;
  if (privateKeyOf(bare) !== undefined) return 'holds the body of a private key';
  if (publicKeyOf(bare) !== undefined) return 'holds the body of a public key';
  // The start of every key in DER form, and of OpenSSH's. A truncated or damaged key is secret too.
  return /^(MI[IG]|b3BlbnNzaC1rZXk)/.test(bare) && bare.length > 100 ? 'looks like the body of a key' : undefined;
}

interface PemBlock {
  readonly label: string;
  readonly body: string;
}

/** Line breaks may be lost in a variable, or replaced by `\n`. */
function pemBlocks(text: string): PemBlock[] {
  const found = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g);
  return Array.from(found, ([, label = '', body = '']) => ({ label, body }));
}

function fromPem(text: string): KeyObject {
  const blocks = pemBlocks(text);
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (block === undefined) {
    const label = blocks[0]?.label.toLowerCase();
    throw new KeyProblem(
      `The file holds ${label === undefined ? 'no PEM block' : withArticle(label)}, where the private key is needed.`,
    );
  }
  const { label, body } = block;
  if (label === 'ENCRYPTED PRIVATE KEY' || body.includes('ENCRYPTED')) {
    throw new KeyProblem('The private key is encrypted, and the driver knows no passphrase. Give it without one.');
  }
  if (label === 'OPENSSH PRIVATE KEY') {
    throw new KeyProblem('The private key is in the form of OpenSSH. Convert it: ssh-keygen -p -m PKCS8 -f <file>.');
  }
  const key = privateKeyOf(withoutSpace(body.replaceAll('\\n', '').replaceAll('\\r', '')));
  if (key === undefined) throw new KeyProblem(`The ${label.toLowerCase()} is damaged. Was it copied as a whole?`);
  return key;
}

function fromBody(text: string): KeyObject {
  const body = withoutSpace(text);
  if (text.includes('-----BEGIN')) throw new KeyProblem('The key has no end. Was it copied as a whole?');
  const key = BASE64.test(body) ? privateKeyOf(body) : undefined;
  if (key !== undefined) return key;
  if (BASE64.test(body) && publicKeyOf(body) !== undefined) {
    throw new KeyProblem('The file holds a public key, where the private key is needed.');
  }
  throw new KeyProblem('The file holds no private key: neither PEM nor the base64 text of one.');
}

function privateKeyOf(base64: string): KeyObject | undefined {
  const key = Buffer.from(base64, 'base64');
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      return createPrivateKey({ key, format: 'der', type });
    } catch {
      // It may have another form.
    }
  }
  return undefined;
}

function publicKeyOf(base64: string): KeyObject | undefined {
  const key = Buffer.from(base64, 'base64');
  for (const type of ['spki', 'pkcs1'] as const) {
    try {
      return createPublicKey({ key, format: 'der', type });
    } catch {
      // It may have another form.
    }
  }
  return undefined;
}

const withoutSpace = (text: string): string => text.replace(/[\s\uFEFF]/g, '');
