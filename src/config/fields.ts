import { isIP } from 'node:net';
import { fromPublic } from 'nkeys.js';
import { z } from 'zod';
import { isAddress, parseNatsUrl } from './natsurl.ts';

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** No control characters and no unpaired surrogates: such text can be neither displayed nor percent-encoded. */
const isPlainText = (text: string): boolean => !/\p{Cc}/u.test(text) && text.isWellFormed();

/** Why `text` is not a valid subject to publish or subscribe to. Undefined if it is valid. */
export function subjectProblem(text: string): string | undefined {
  if (/\s/u.test(text) || !isPlainText(text)) return 'must hold no spaces, line breaks or control characters';
  if (text.length > 255) return 'must have at most 255 characters';
  const tokens = text.split('.');
  if (tokens.includes('')) return 'must have no empty part: no dot at its start or end, no two dots in a row';
  if (/[*>]/.test(text)) return 'must hold no wildcard (* or >)';
  return undefined;
}

/** A NATS subject without wildcards. A space or line break in it could inject protocol lines. */
export const subject = () =>
  z.string().superRefine((text, context) => {
    const problem = subjectProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

/** One or more addresses of the bus; see `parseNatsUrl`. */
export const natsUrl = () =>
  z.string().superRefine((text, context) => {
    for (const part of parseNatsUrl(text)) {
      if (!isAddress(part)) context.addIssue({ code: 'custom', message: part.problem });
    }
  });

/** An NKey public key of a user: 56 characters of base32 that begin with U, including a checksum. */
export const userPublicKey = () =>
  z.string().superRefine((text, context) => {
    const problem = publicKeyProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

function publicKeyProblem(text: string): string | undefined {
  if (/^\s*[SP]/.test(text)) {
    return 'this looks like a private key; it belongs into privatekey.nk, and the public key (it begins with U) here';
  }
  if (!text.startsWith('U')) return 'must be the NKey public key of a user: 56 characters that begin with U';
  try {
    fromPublic(text);
    return undefined;
  } catch {
    return 'is no valid NKey public key (its checksum is wrong): was it copied as a whole?';
  }
}

/** A single-line name, for display or for protocols. A line break or a trailing blank is a mistake. */
export const plainName = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .refine((text) => isPlainText(text) && text.trim() === text, {
      message: 'must hold no control characters and neither begin nor end with a space',
    });

/** Name of a connection. It is part of the FQNs that dashboards store. */
export const connectionName = () => plainName(64);

/** Root of a web server: http or https, with a path prefix if a proxy needs one. */
export const webRoot = () =>
  z.string().superRefine((text, context) => {
    const problem = webRootProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

function webRootProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !isPlainText(text) || text.trim() !== text || !/^[a-z]+:\/\//i.test(text)) {
    return 'must be a whole URL, for example "https://seeq.example.com"';
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'must hold no user or password; they belong into credentials';
  if (/[?#]/.test(text)) return 'must have no query (?) and no fragment (#)';
  return undefined;
}

const LOOPBACK = /^[a-z][a-z0-9+.-]*:\/\/(?:localhost|127\.[\d.]+|\[::1\])(?::|\/|$)/i;

/** True for a URL of this machine itself. Its traffic cannot be intercepted on the network. */
export const isLoopback = (url: string): boolean => LOOPBACK.test(url);

/** Path of a file. A relative path starts at the folder of the configuration file. */
export const filePath = () =>
  z
    .string()
    .min(1)
    .refine((text) => !/\p{Cc}/u.test(text), {
      message:
        'must hold no control characters; write \\\\ or / where the path has a \\ ("C:\\new" means a line break)',
    });

/** A host name as in a certificate. */
export const hostName = () =>
  z.string().regex(/^[\p{L}\p{N}]([\p{L}\p{N}._-]*[\p{L}\p{N}])?$/u, { message: 'must be a plain host name' });

/** Where to listen: an address or a name of this machine. */
export const listenHost = () =>
  z.string().refine((text) => isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/.test(text), {
    message: 'must be an IP address or host name of this machine, without a port',
  });

/** Time without data after which a source counts as silent, in milliseconds. A longer timer of Node fires at once. */
export const silence = () => whole(1000, 24 * 86_400_000);

/** An integer between two bounds, inclusive. */
export const whole = (from: number, to: number) => z.int().min(from).max(to);
