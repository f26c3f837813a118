/** Types that all auth methods share. */
import { DriverError } from '../../../contract/errors.ts';
import type { TextSource } from '../../../net/tls.ts';
import type { TokenFile } from './token-file.ts';

/** How the driver logs in. Every text is read again for each use. */
export type IotOpenCredentials =
  /** An API key, or the token of a login, which is used like one. */
  | { readonly kind: 'key'; readonly key: TextSource }
  /** An account. With a second factor it needs `tokenFile`, in which an operator's login stores the token. */
  | {
      readonly kind: 'user';
      readonly user: TextSource;
      readonly password: TextSource;
      readonly tokenFile?: TokenFile | undefined;
    }
  /** OAuth 2. `tokenFile` stores the refresh token that replaces the configured one, if the platform rotates them. */
  | {
      readonly kind: 'oauth';
      readonly clientId: TextSource;
      readonly clientSecret: TextSource;
      readonly refreshToken: TextSource;
      readonly tokenFile?: TokenFile | undefined;
    };

/** A credential for calls, valid for a limited time. */
export interface Grant {
  readonly token: string;
  /** True for an OAuth access token, false for an API key or a token used like one. */
  readonly bearer: boolean;
  /** When it must be replaced, milliseconds since 1970. Undefined if it is not known. */
  readonly freshUntilMs?: number | undefined;
}

/** One auth method. */
export interface AuthMethod {
  /**
   * @param refused a token that the platform has just refused
   * @throws DriverError `unauthorized` if there is no other to try
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
 * Reads the current value of a credential. Undefined if there is none.
 * @throws DriverError `sourceUnavailable` if it is unreadable; it is read again for the next call
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

/** A refused login, with its remedy. */
export function refusedLogin(platform: string, why: string): DriverError {
  return new DriverError('unauthorized', `${platform} refuses the log-in: ${why}`);
}
