/**
 * The login at one platform: shared by all waiting calls, kept while it is valid, and replaced once if it is refused.
 */
import type { DriverError } from '../../../contract/errors.ts';
import { fromThrown } from '../../../net/errors.ts';
import type { TextSource } from '../../../net/tls.ts';
import { SecretFilter } from '../../../net/secret-filter.ts';
import type { IotOpenPaths } from '../transport.ts';
import { KeyAuth } from './key.ts';
import { OAuthAuth } from './oauth.ts';
import { UserAuth } from './user.ts';
import { refusedLogin, type Grant, type IotOpenCredentials, type AuthMethod } from './auth-method.ts';

export interface SessionOptions {
  /** Name in messages: `IoT Open "plant"`. */
  readonly platform: string;
  readonly credentials: IotOpenCredentials;
  readonly client: IotOpenPaths;
  /** The remedy for a required second factor. */
  readonly codeAdvice: string;
  /** Called with a problem that operators should see and that does not stop the feed. */
  readonly onNotice: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** Timeout of one login, independent of its callers. */
const LOGIN_TIMEOUT_MS = 30_000;

/**
 * Characters that are valid in a header. The library that creates headers repeats anything else in the text of its
 * error.
 */
const PRINTABLE = /^[\x20-\x7e]+$/;
const UNFIT =
  'the API key (or token) holds line breaks or characters beyond ASCII, so it is not valid and was not sent. Check the file or variable that it is read from.';

export class IotOpenSession {
  readonly #platform: string;
  readonly #authMethod: AuthMethod;
  readonly #now: () => number;
  readonly #secrets = new SecretFilter();
  #grant: Grant | undefined;
  #login: Promise<Grant> | undefined;

  constructor(options: SessionOptions) {
    this.#platform = options.platform;
    this.#now = options.now ?? Date.now;
    this.#authMethod = authMethodOf(options, this.#now, this);
  }

  /** The grant for calls. @throws DriverError */
  async grant(): Promise<Grant> {
    const grant = this.#grant;
    if (grant !== undefined && (grant.freshUntilMs ?? Infinity) > this.#now()) return grant;
    return this.#obtain(undefined);
  }

  /**
   * Replaces a grant that the platform has refused.
   * @throws DriverError `unauthorized` if there is no other
   */
  async replace(refused: Grant): Promise<Grant> {
    if (this.#grant !== undefined && this.#grant !== refused) return this.#grant;
    this.#grant = undefined;
    return this.#obtain(refused.token);
  }

  /**
   * A new grant although the previous one may be valid. The previous one if the platform is unavailable. @throws
   * DriverError
   */
  async renew(): Promise<Grant> {
    const before = this.#grant;
    try {
      return await this.#obtain(undefined);
    } catch (error) {
      if (this.failure(error).code === 'unauthorized' || before === undefined) throw error;
      return before;
    }
  }

  /** The platform's text without the driver's secrets, in case it repeats them. */
  readonly conceal = (text: string, longest?: number): string => this.#secrets.clean(text, longest);

  /** A failure of a call, without the driver's secrets in the platform's text. */
  failure(thrown: unknown, signal?: AbortSignal): DriverError {
    return fromThrown(thrown, this.#platform, signal, this.conceal);
  }

  /** Adds a secret to remove from texts. */
  readonly learn = (secret: string): void => {
    this.#secrets.learn(secret);
  };

  #obtain(refused: string | undefined): Promise<Grant> {
    this.#login ??= this.#logIn(refused).finally(() => (this.#login = undefined));
    return this.#login;
  }

  async #logIn(refused: string | undefined): Promise<Grant> {
    try {
      const grant = await this.#authMethod.obtain(AbortSignal.timeout(LOGIN_TIMEOUT_MS), refused);
      this.learn(grant.token);
      if (!PRINTABLE.test(grant.token)) throw refusedLogin(this.#platform, UNFIT);
      this.#grant = grant;
      return grant;
    } catch (error) {
      throw this.failure(error);
    }
  }
}

function authMethodOf(options: SessionOptions, now: () => number, { conceal, learn }: IotOpenSession): AuthMethod {
  const { platform, credentials, client, codeAdvice, onNotice } = options;
  switch (credentials.kind) {
    case 'key':
      return new KeyAuth(platform, credentials.key);
    case 'user': {
      const { user, password, tokenFile } = credentials;
      const learned = learning(password, learn);
      return new UserAuth({ ...{ platform, client, user, tokenFile, codeAdvice, conceal, now }, password: learned });
    }
    case 'oauth': {
      const { kind: _kind, ...sources } = credentials;
      return new OAuthAuth({
        ...sources,
        ...{ platform, client, conceal, now },
        onSecret: learn,
        onUnkept: () => {
          onNotice(
            `${platform} replaces the refresh token at each use. The new one is kept in memory only, so that the next ` +
              'start will be refused; give "tokenFile", in which the driver can keep it.',
          );
        },
        onUnwritable: (error) => {
          onNotice(`${platform} has replaced the refresh token, and ${error.message}: the next start will be refused.`);
        },
      });
    }
  }
}

/** The same source. Each revealed text is added to the secrets to remove. */
function learning(source: TextSource, learn: (secret: string) => void) {
  return {
    reveal: async () => {
      const text = await source.reveal();
      learn(text);
      return text;
    },
  };
}
