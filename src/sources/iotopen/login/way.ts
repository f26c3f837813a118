/** What all ways to log in have in common. */
import { DriverError } from '../../../contract/errors.ts';
import type { TextSource } from '../../../net/tls.ts';
import type { TokenFile } from './token-file.ts';

/** How the driver logs in. Every text is read anew for each use. */
export type IotOpenCredentials =
  /** An API key, or the token of a log-in, which is used like one. */
  | { readonly kind: 'key'; readonly key: TextSource }
  /** An account. With a second factor it needs `tokenFile`, into which an operator's log-in puts the token. */
  | {
      readonly kind: 'user';
      readonly user: TextSource;
      readonly password: TextSource;
      readonly tokenFile?: TokenFile | undefined;
    }
  /** OAuth 2. `tokenFile` keeps the refresh token that replaces the given one, where the platform rotates them. */
  | {
      readonly kind: 'oauth';
      readonly clientId: TextSource;
      readonly clientSecret: TextSource;
      readonly refreshToken: TextSource;
      readonly tokenFile?: TokenFile | undefined;
    };

/** Permission to call for a while. */
export interface Grant {
  readonly token: string;
  /** An OAuth access token; else an API key or a token like one. */
  readonly bearer: boolean;
  /** When it has to be replaced, milliseconds since 1970; undefined if nobody said. */
  readonly freshUntilMs?: number | undefined;
}

/** One way to get a grant. */
export interface Way {
  /**
   * @param refused a token that the platform has just refused
   * @throws DriverError `unauthorized` when there is nothing better to try
   */
  obtain(signal: AbortSignal, refused: string | undefined): Promise<Grant>;
}

export const headersOf = ({ token, bearer }: Grant): Record<string, string> =>
  bearer ? { authorization: `Bearer ${token}` } : { 'x-api-key': token };

/** User and password in UTF-8. */
export const basic = (user: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`,
});

/**
 * A part of the log-in as it is now; undefined where there is none.
 * @throws DriverError `sourceUnavailable` where it cannot be read; it is read again for the next call
 */
export async function readNow<T>(platform: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = `The log-in at ${platform} cannot be read: ${why}. It is read again at the next call.`;
    throw new DriverError('sourceUnavailable', text, { cause: error });
  }
}

/** A log-in that is refused, with what to do about it. */
export function refusedLogin(platform: string, why: string): DriverError {
  return new DriverError('unauthorized', `${platform} refuses the log-in: ${why}`);
}
