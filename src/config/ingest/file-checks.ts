/**
 * Checks the content of the feeds' files and variables when the driver starts, and in the command `check`. They are
 * read again for every later use, and checked by the code that uses them.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { IngestConfig } from '../config.ts';
import { certificateBlocks, certificatesProblem } from '../files.ts';
import type { Problem } from '../../lib/problem.ts';
import { SecretSource } from '../secret.ts';
import { passwordProblem } from './i3-password.ts';
import { KeyProblem, readPrivateKey } from './private-key.ts';

/** A text from a file or a variable, and its location in the configuration. */
interface Content {
  readonly path: string;
  readonly text: string;
}

/** Every problem of a content. An unreadable one is reported already and skipped. */
export async function contentProblems(ingest: IngestConfig): Promise<Problem[]> {
  const { mqtt, i3, egress, iotopen, seneye } = ingest;
  const lists = Object.entries({ mqtt, i3, egress, iotopen });
  const connections = lists.flatMap(([kind, all]) =>
    all.map((feed, at) => ({ kind, feed, path: `settings.ingest.${kind}[${at}]` })),
  );
  const found = await Promise.all([
    ...connections.map(({ feed, path }) => tlsProblems(`${path}.tls`, feed.tls)),
    ...connections.map(({ kind, feed, path }) =>
      secretProblems(`${path}.credentials`, feed.credentials, kind === 'i3' || kind === 'egress'),
    ),
    ...(seneye?.tls === undefined ? [] : [tlsProblems('settings.ingest.seneye.tls', seneye.tls)]),
    ...(seneye?.sources ?? []).flatMap(({ secret, devices }, at) => {
      const path = `settings.ingest.seneye.sources[${at}]`;
      const own = devices.map((device, place) =>
        secretProblems(`${path}.devices[${place}]`, { secret: device.secret }),
      );
      return [secretProblems(path, { secret }), ...own];
    }),
  ]);
  return found.flat();
}

interface TlsFiles {
  readonly caFile?: SecretSource | undefined;
  readonly certFile?: SecretSource | undefined;
  readonly keyFile?: SecretSource | undefined;
}

async function tlsProblems(path: string, tls: TlsFiles): Promise<Problem[]> {
  const [ca, cert, key] = await Promise.all([
    read(`${path}.caFile`, tls.caFile),
    read(`${path}.certFile`, tls.certFile),
    read(`${path}.keyFile`, tls.keyFile),
  ]);
  const problems = [ca, cert].flatMap((content) => {
    const problem = content && certificatesProblem(content.text);
    return content && problem !== undefined ? [{ path: content.path, message: `the file ${problem}` }] : [];
  });
  const found = key && tlsKey(key.text);
  if (key && typeof found === 'string') problems.push({ path: key.path, message: found });
  if (key && typeof found === 'object' && cert && problems.every((problem) => problem.path !== cert.path)) {
    const [first = ''] = certificateBlocks(cert.text);
    if (!new X509Certificate(first).checkPrivateKey(found)) {
      problems.push({ path: key.path, message: `does not belong to the first certificate of ${cert.path}` });
    }
  }
  return problems;
}

/** The key, or why TLS cannot use it. */
function tlsKey(text: string): KeyObject | string {
  if (/-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED/.test(text)) {
    return 'the file holds an encrypted private key, and the driver knows no passphrase; give the key without one';
  }
  try {
    return createPrivateKey(text);
  } catch {
    return 'the file holds no private key in PEM form that can be read';
  }
}

/** The secrets of a login by their keys. Other keys are ignored. */
async function secretProblems(path: string, secrets: object, ofI3 = false): Promise<Problem[]> {
  const contents = await Promise.all(
    Object.entries(secrets).map(async ([key, value]) => {
      const content = value instanceof SecretSource ? await read(`${path}.${key}`, value) : undefined;
      return content && { ...content, key };
    }),
  );
  return contents.flatMap((content) => {
    const message = content && secretProblem(content.key, content.text, ofI3);
    return content && message !== undefined ? [{ path: content.path, message }] : [];
  });
}

function secretProblem(key: string, text: string, ofI3: boolean): string | undefined {
  if (key === 'privateKey') return privateKeyProblem(text);
  if (ofI3) return passwordProblem(text);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(text)) {
    return 'holds a private key, which must never leave this machine; a log-in wants the secret itself';
  }
  if (/[\0\r\n]/.test(text)) return 'holds more than one line; it must hold the secret and nothing else';
  return undefined;
}

function privateKeyProblem(text: string): string | undefined {
  try {
    readPrivateKey(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error;
    return error.message;
  }
}

async function read(path: string, source: SecretSource | undefined): Promise<Content | undefined> {
  // A file can disappear between two reads. The code that uses it reports that.
  const text = await source?.reveal().catch(() => undefined);
  return text === undefined ? undefined : { path, text };
}
