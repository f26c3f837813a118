import { readFile, stat } from 'node:fs/promises';
import { createPrivateKey, X509Certificate } from 'node:crypto';

/** Reads a whole file. Tests replace it. Fails like `node:fs`, with a `code`. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** Reads from the disk. */
export const readFromDisk: ReadFile = (path) => readFile(path);

/** The permission bits of a file. Undefined if the system has none, or the file does not exist. */
export type FileMode = (path: string) => Promise<number | undefined>;

/** Reads the permission bits from the disk. */
export const modeOnDisk: FileMode = async (path) => {
  if (process.platform === 'win32') return undefined;
  try {
    return (await stat(path)).mode & 0o777;
  } catch {
    return undefined;
  }
};

/** The problem with the permissions of a file that holds a secret, or undefined. The text follows the path. */
export function modeProblem(path: string, mode: number | undefined): string | undefined {
  if (mode === undefined || (mode & 0o007) === 0) return undefined;
  return `the file ${path} holds a secret and is open to every user of this machine (mode ${mode.toString(8).padStart(4, '0')}); chmod 600 "${path}"`;
}

/** A result, or the reason why there is none. */
export type ReadResult<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** No valid file is larger. A mistaken path to a huge file must not fill the memory. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Reads a UTF-8 file without a byte order mark. Messages name the path, never the content. */
export async function readText(readBytes: ReadFile, path: string): Promise<ReadResult<string>> {
  let bytes: Uint8Array;
  try {
    bytes = await readBytes(path);
  } catch (error) {
    return { ok: false, message: `the file ${path} ${readFailure(error)}` };
  }
  if (bytes.length > MAX_BYTES) return { ok: false, message: `the file ${path} is far too large to be meant` };
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { ok: false, message: `the file ${path} is in UTF-16; save it as UTF-8` };
  }
  const der = derProblem(bytes, path);
  if (der !== undefined) return { ok: false, message: der };
  try {
    return { ok: true, value: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, message: `the file ${path} is not in UTF-8; save it as UTF-8` };
  }
}

/** First byte of every certificate, key and bundle in DER form: an ASN.1 sequence. */
const SEQUENCE = 0x30;

/** What a DER file contains, and the command that converts it to PEM. Undefined for any other file. */
function derProblem(bytes: Uint8Array, path: string): string | undefined {
  if (bytes[0] !== SEQUENCE || (bytes[1] ?? 0) < 0x80) return undefined;
  const [what, command] = isReadable(() => new X509Certificate(bytes))
    ? ['a certificate in DER', 'x509 -inform der']
    : isReadable(() => {
          privateKeyOf(bytes);
        })
      ? ['a private key in DER', 'pkey -inform der']
      : ['binary data, perhaps a PKCS #12 bundle', 'pkcs12 -nodes'];
  return `the file ${path} holds ${what}; make PEM of it: openssl ${command} -in "${path}" -out "${path}.pem"`;
}

function privateKeyOf(bytes: Uint8Array): void {
  const key = Buffer.from(bytes);
  if (isReadable(() => createPrivateKey({ key, format: 'der', type: 'pkcs8' }))) return;
  if (isReadable(() => createPrivateKey({ key, format: 'der', type: 'pkcs1' }))) return;
  createPrivateKey({ key, format: 'der', type: 'sec1' });
}

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** Reads a PEM file with one or more valid certificates. */
export async function readCertificates(readBytes: ReadFile, path: string): Promise<ReadResult<string>> {
  const text = await readText(readBytes, path);
  if (!text.ok) return text;
  const problem = certificatesProblem(text.value);
  return problem === undefined ? text : { ok: false, message: `the file ${path} ${problem}` };
}

/** The certificates in a text, each with its PEM delimiters. */
export const certificateBlocks = (text: string): string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

/** The problem with a text that should contain certificates, or undefined. It follows "the file". */
export function certificatesProblem(text: string): string | undefined {
  const blocks = certificateBlocks(text);
  if (blocks.length === 0) return `holds no PEM certificate${otherBlock(text)}`;
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      return `holds a certificate that cannot be read, number ${index + 1}`;
    }
  }
  return undefined;
}

/** What a PEM text without a certificate contains instead. */
function otherBlock(text: string): string {
  const label = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text)?.[1];
  if (label === 'CERTIFICATE') return ' that is whole (is its end missing?)';
  if (label === undefined) return ' (-----BEGIN CERTIFICATE-----)';
  if (label.endsWith('PRIVATE KEY')) return ' but a private key; give the certificate of the authority';
  if (label === 'PKCS7') return ' but a PKCS #7 bundle; take the certificates out of it: openssl pkcs7 -print_certs';
  return ` but ${JSON.stringify(label)}`;
}

/** Why a file cannot be read. It follows the file's name: "does not exist". */
export function readFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user';
    case 'EISDIR':
      return 'is a folder';
    default:
      return `cannot be read${code === '' ? '' : ` (${code})`}`;
  }
}
