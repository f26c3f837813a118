/** The log-in at one platform: one for all waiting calls, kept while it is good, and replaced once when it is refused. */
import type { DriverError } from '../../../contract/errors.ts';
import { fromThrown } from '../../../net/errors.ts';
import type { TextSource } from '../../../net/tls.ts';
import { SecretFilter } from '../../../net/secret-filter.ts';
import type { IotOpenPaths } from '../transport.ts';
import { KeyWay } from './key.ts';
import { OAuthWay } from './oauth.ts';
import { UserWay } from './user.ts';
import { refusedLogin, type Grant, type IotOpenCredentials, type Way } from './way.ts';

export interface SessionOptions {
  /** For texts: `IoT Open "plant"`. */
  readonly platform: string;
  readonly credentials: IotOpenCredentials;
  readonly client: IotOpenPaths;
  /** What an operator has to do about a second factor. */
  readonly codeAdvice: string;
  /** Something that an operator should know and that stops nothing. */
  readonly onNotice: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** One log-in may take this long, whoever waits for it. */
const LOGIN_TIMEOUT_MS = 30_000;

/** What a header can carry; the library that makes headers repeats anything else in the text of its error. */
const PRINTABLE = /^[\x20-\x7e]+$/;
const UNFIT =
  'the API key (or token) holds line breaks or characters beyond ASCII, so it is none, and was not sent. Look at the place that it is read from.';

export class Session {
  readonly #platform: string;
  readonly #way: Way;
  readonly #now: () => number;
  readonly #secrets = new SecretFilter();
  #grant: Grant | undefined;
  #login: Promise<Grant> | undefined;

  constructor(options: SessionOptions) {
    this.#platform = options.platform;
    this.#now = options.now ?? Date.now;
    this.#way = wayOf(options, this.#now, this);
  }

  /** The grant to call with. @throws DriverError */
  async grant(): Promise<Grant> {
    const grant = this.#grant;
    if (grant !== undefined && (grant.freshUntilMs ?? Infinity) > this.#now()) return grant;
    return this.#obtain(undefined);
  }

  /**
   * Another grant than the one that the platform has refused.
   * @throws DriverError `unauthorized` when there is none
   */
  async replace(refused: Grant): Promise<Grant> {
    if (this.#grant !== undefined && this.#grant !== refused) return this.#grant;
    this.#grant = undefined;
    return this.#obtain(refused.token);
  }

  /** A new grant although the one of before may be good; that one, if the platform cannot be asked. @throws DriverError */
  async renew(): Promise<Grant> {
    const before = this.#grant;
    try {
      return await this.#obtain(undefined);
    } catch (error) {
      if (this.failure(error).code === 'unauthorized' || before === undefined) throw error;
      return before;
    }
  }

  /** A text of the platform without our secrets, should it repeat them. */
  readonly conceal = (text: string, longest?: number): string => this.#secrets.clean(text, longest);

  /** A failure of a call, without our secrets in what the platform wrote. */
  failure(thrown: unknown, signal?: AbortSignal): DriverError {
    return fromThrown(thrown, this.#platform, signal, this.conceal);
  }

  /** A text to keep out of others. */
  readonly learn = (secret: string): void => {
    this.#secrets.learn(secret);
  };

  #obtain(refused: string | undefined): Promise<Grant> {
    this.#login ??= this.#logIn(refused).finally(() => (this.#login = undefined));
    return this.#login;
  }

  async #logIn(refused: string | undefined): Promise<Grant> {
    try {
      const grant = await this.#way.obtain(AbortSignal.timeout(LOGIN_TIMEOUT_MS), refused);
      this.learn(grant.token);
      if (!PRINTABLE.test(grant.token)) throw refusedLogin(this.#platform, UNFIT);
      this.#grant = grant;
      return grant;
    } catch (error) {
      throw this.failure(error);
    }
  }
}

function wayOf(options: SessionOptions, now: () => number, { conceal, learn }: Session): Way {
  const { platform, credentials, client, codeAdvice, onNotice } = options;
  switch (credentials.kind) {
    case 'key':
      return new KeyWay(platform, credentials.key);
    case 'user': {
      const { user, password, tokenFile } = credentials;
      const learned = learning(password, learn);
      return new UserWay({ ...{ platform, client, user, tokenFile, codeAdvice, conceal, now }, password: learned });
    }
    case 'oauth': {
      const { kind: _kind, ...sources } = credentials;
      return new OAuthWay({
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

/** The same source; whoever reveals it has it kept out of texts. */
function learning(source: TextSource, learn: (secret: string) => void) {
  return {
    reveal: async () => {
      const text = await source.reveal();
      learn(text);
      return text;
    },
  };
}
