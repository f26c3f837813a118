/**
 * Texts that the configuration refers to: secrets, certificates, keys. The schema turns each into a `Reference`, which
 * the resolver replaces by a source that is read again for every use.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { filePath, plainName } from './fields.ts';
import { certificatesProblem, type ReadResult } from './files.ts';
import type { SecretSource } from './secret.ts';

/**
 * Takes the text to use out of a content, or says why there is none. The reason follows the location of the reference.
 * @param name the file or the variable: `the file /etc/seeq.password`
 */
export type ReadContent = (content: string, name: string) => ReadResult<string>;

/** A part of the configuration that the resolver replaces by a `resolved`. */
export interface Resolvable<T> {
  /** For the type only. */
  readonly resolved: T;
}

/** A value of the configuration with every such part replaced. */
export type Resolved<V> =
  V extends Resolvable<infer T>
    ? T
    : V extends readonly (infer E)[]
      ? Resolved<E>[]
      : V extends object
        ? { [K in keyof V]: Resolved<V[K]> }
        : V;

/** Where a text is stored, and how it is read. */
export class Reference implements Resolvable<SecretSource> {
  declare readonly resolved: SecretSource;
  readonly file: string | undefined;
  readonly env: string | undefined;
  readonly read: ReadContent;

  constructor({ file, env }: { file?: string | undefined; env?: string | undefined }, read: ReadContent) {
    this.file = file;
    this.env = env;
    this.read = read;
  }
}

/** Path of a file that the driver may write, and that need not exist yet. It becomes absolute. */
export class OwnFile implements Resolvable<string> {
  declare readonly resolved: string;
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** Where a secret is stored. The configuration never contains the secret itself. */
const secretRef = () =>
  z
    .strictObject({
      file: filePath()
        .optional()
        .describe('A file that contains the secret and nothing else; a line break at the end is removed.'),
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { message: 'must be the name of an environment variable' })
        .optional()
        .describe('The name of an environment variable that contains the secret.'),
    })
    .refine((ref) => (ref.file === undefined) !== (ref.env === undefined), {
      message: 'must be either { "file": "path" } or { "env": "NAME" }',
    });

/** The content as it is, if there is no problem. */
export const unless =
  (problemOf: (content: string, name: string) => string | undefined): ReadContent =>
  (content, name) => {
    const message = problemOf(content, name);
    return message === undefined ? { ok: true, value: content } : { ok: false, message };
  };

/** A secret. @param read what it must contain; by default one line that is no private key */
export const secret = (read: ReadContent = unless(secretProblem)) =>
  secretRef().transform((ref) => new Reference(ref, (content, name) => read(withoutLineBreak(content), name)));

/** Editors and `echo` put a line break at the end. */
const withoutLineBreak = (content: string): string => content.replace(/(?<![\r\n])[\r\n]+$/, '');

/** A name for a log-in: as text, or where it is stored. */
export const nameOrSecret = (longest: number) => z.union([plainName(longest), secret()]);

/** Marks the path of a file for the configuration page. */
export const FILE_PATH = 'x-file-path';

const markedPath = () => filePath().meta({ [FILE_PATH]: true });

/** Path of a PEM file with certificates. */
export const certificateFile = () =>
  markedPath().transform((file) => new Reference({ file }, pem(certificatesProblem)));

/** Path of a PEM file with the private key of a certificate. */
export const keyFile = () => markedPath().transform((file) => new Reference({ file }, pem(tlsKeyProblem)));

/** Path of a file that the driver may write. */
export const ownFile = () => markedPath().transform((path) => new OwnFile(path));

/**
 * Path of a file to which the driver appends lines. The end of its name is checked, because a file with another content
 * that is named by mistake would be spoiled.
 */
export const lineFile = () =>
  markedPath()
    .regex(/\.(?:log|jsonl|ndjson)$/i, { message: 'must be the name of a file that ends in .log, .jsonl or .ndjson' })
    .transform((path) => new OwnFile(path));

const pem = (problemOf: (content: string) => string | undefined): ReadContent =>
  unless((content, name) => {
    const problem = problemOf(content);
    return problem === undefined ? undefined : `${name} ${problem}`;
  });

function secretProblem(text: string): string | undefined {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(text)) {
    return 'holds a private key, which must never leave this machine; a log-in needs the secret itself';
  }
  if (/[\0\r\n]/.test(text)) return 'holds more than one line; it must hold the secret and nothing else';
  return undefined;
}

/** Why TLS cannot use a key. */
function tlsKeyProblem(text: string): string | undefined {
  if (/-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED/.test(text)) {
    return 'holds an encrypted private key, and the driver knows no passphrase; give the key without one';
  }
  try {
    createPrivateKey(text);
    return undefined;
  } catch {
    return 'holds no private key in PEM form that can be read';
  }
}

/** Whether a key belongs to the first certificate of a text. Both are valid. */
export const isKeyOf = (certificates: string, key: string): boolean =>
  new X509Certificate(certificates).checkPrivateKey(createPrivateKey(key));
