import { readFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';

/** Reads a whole file; a parameter wherever a test must steer it. Fails like `node:fs`, with a `code`. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** Reads from the disk. */
export const readFromDisk: ReadFile = (path) => readFile(path);

/** Either what was wanted, or why not. */
export type Found<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** No file of a configuration is larger; a mistaken path to something huge must not fill the memory's log. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A UTF-8 file as text, without a byte order mark. Messages name the path, never the content. */
export async function readText(readBytes: ReadFile, path: string): Promise<Found<string>> {
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
  try {
    return { ok: true, value: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, message: `the file ${path} is not in UTF-8; save it as UTF-8` };
  }
}

/** A PEM file with one certificate or more, each of which can be read. */
export async function readCertificates(readBytes: ReadFile, path: string): Promise<Found<string>> {
  const text = await readText(readBytes, path);
  if (!text.ok) return text;
  const problem = certificatesProblem(text.value);
  return problem === undefined ? text : { ok: false, message: `the file ${path} ${problem}` };
}

/** The certificates in a text, each with the lines around it. */
export const certificateBlocks = (text: string): string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

/** What is wrong with a text that should hold certificates, or undefined; to be read after "the file". */
export function certificatesProblem(text: string): string | undefined {
  const blocks = certificateBlocks(text);
  if (blocks.length === 0) return 'holds no PEM certificate';
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      return `holds a certificate that cannot be read, number ${index + 1}`;
    }
  }
  return undefined;
}

/** Why a file cannot be read, after its name: "does not exist". */
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
