/** OAuth 2: short-lived access tokens, obtained with a refresh token. */
import { DriverError } from '../../../contract/errors.ts';
import { type Conceal, fromThrown } from '../../../net/errors.ts';
import { fromRefusal } from '../errors.ts';
import type { components } from '../iotopen-api.generated.ts';
import type { TextSource } from '../../../net/tls.ts';
import type { IotOpenPaths } from '../transport.ts';
import { LoginBackoff } from '../../../net/availability/login-backoff.ts';
import type { TokenFile } from './token-file.ts';
import { basic, readNow, type Grant, type AuthMethod } from './auth-method.ts';

export interface OAuthAuthOptions {
  readonly platform: string;
  readonly client: IotOpenPaths;
  readonly clientId: TextSource;
  readonly clientSecret: TextSource;
  readonly refreshToken: TextSource;
  readonly tokenFile?: TokenFile | undefined;
  readonly conceal: Conceal;
  /** Called with a new secret, which must be removed from texts from now on. */
  readonly onSecret: (secret: string) => void;
  /** Called once if the platform replaces the refresh token and there is no file to store the new one. */
  readonly onUnkept: () => void;
  /** Called if the file cannot be written. The token is used anyway. */
  readonly onUnwritable: (error: Error) => void;
  readonly now: () => number;
}

type Tokens = components['schemas']['AccessToken'];

/** A token is replaced this long before its end, or a tenth of its lifetime if that is shorter. */
const MARGIN_MS = 30_000;

export class OAuthAuth implements AuthMethod {
  readonly #options: OAuthAuthOptions;
  readonly #backoff: LoginBackoff;
  /** The platform's newest refresh token, and the configured one that it replaced. */
  #rotated: { readonly from: string; readonly token: string } | undefined;
  #reportedUnkept = false;

  constructor(options: OAuthAuthOptions) {
    this.#options = options;
    this.#backoff = new LoginBackoff(options.now);
  }

  async obtain(signal: AbortSignal): Promise<Grant> {
    const { clientId, clientSecret, refreshToken, tokenFile } = this.#options;
    const [id, secret, given, kept] = await readNow(this.#options.platform, () =>
      Promise.all([clientId.reveal(), clientSecret.reveal(), refreshToken.reveal(), tokenFile?.read()]),
    );
    const rotated = this.#rotated?.from === given ? this.#rotated.token : undefined;
    // The newest first. An operator may have configured a new one because it no longer works.
    const candidates = [...new Set([rotated, kept, given].filter((token) => token !== undefined))];
    for (const secretText of [secret, ...candidates]) this.#options.onSecret(secretText);
    const tried = JSON.stringify([id, secret, candidates]);
    this.#backoff.check(tried);
    let refusal = new DriverError('unauthorized', `${this.#options.platform} got no refresh token.`);
    for (const candidate of candidates) {
      try {
        const tokens = await this.#refresh(basic(form(id), form(secret)), candidate, signal);
        this.#backoff.accepted();
        await this.#keep(tokens.refresh_token, candidate, given);
        return this.#grant(tokens);
      } catch (error) {
        const known = fromThrown(error, this.#options.platform, signal, this.#options.conceal);
        if (known.code !== 'unauthorized') throw known;
        refusal = known;
      }
    }
    throw this.#backoff.refused(refusal, tried);
  }

  async #refresh(login: Record<string, string>, refreshToken: string, signal: AbortSignal): Promise<Tokens> {
    const { client, platform, conceal } = this.#options;
    const outcome = await client.POST('/api/v2/oauth2/token', {
      headers: { ...login, 'content-type': 'application/x-www-form-urlencoded' },
      body: { grant_type: 'refresh_token', refresh_token: refreshToken },
      bodySerializer: (body) => new URLSearchParams(body as Record<string, string>).toString(),
      signal,
    });
    const { status, ok } = outcome.response;
    // RFC 6749 requires 400 for an invalid token.
    if (!ok) throw fromRefusal(outcome, platform, conceal, status === 400 && isRefusal(outcome.error) ? 401 : status);
    // The platform may answer anything.
    const tokens: Partial<Tokens> = outcome.data ?? {};
    if (typeof tokens.access_token === 'string' && tokens.access_token !== '') return tokens as Tokens;
    throw new DriverError('sourceError', `${platform} answered to the refresh token without an access token.`);
  }

  async #keep(next: unknown, used: string, given: string): Promise<void> {
    const { tokenFile, onSecret, onUnkept, onUnwritable } = this.#options;
    if (typeof next !== 'string' || next === '' || next === used) {
      if (used !== given) this.#rotated = { from: given, token: used };
      return;
    }
    onSecret(next);
    this.#rotated = { from: given, token: next };
    if (tokenFile !== undefined) {
      await tokenFile.write(next).catch((error: unknown) => {
        onUnwritable(error as Error);
      });
    } else if (!this.#reportedUnkept) {
      this.#reportedUnkept = true;
      onUnkept();
    }
  }

  #grant({ access_token: token, expires_in: life }: Tokens): Grant {
    this.#options.onSecret(token);
    if (typeof life !== 'number' || !(life > 0)) return { token, bearer: true };
    const lifeMs = life * 1000;
    return { token, bearer: true, freshUntilMs: this.#options.now() + lifeMs - Math.min(MARGIN_MS, lifeMs / 10) };
  }
}

/** RFC 6749, 2.3.1: id and secret are form-encoded before they become user and password. */
const form = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');

const isRefusal = (body: unknown): boolean =>
  ['invalid_grant', 'invalid_client', 'unauthorized_client'].includes(
    String((body as { error?: unknown } | null | undefined)?.error),
  );
