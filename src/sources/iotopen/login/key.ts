/** Auth method with an API key, or a token that is used like one. */
import type { TextSource } from '../../../net/tls.ts';
import { readNow, refusedLogin, type Grant, type AuthMethod } from './auth-method.ts';

export class KeyAuth implements AuthMethod {
  readonly #platform: string;
  readonly #key: TextSource;

  constructor(platform: string, key: TextSource) {
    this.#platform = platform;
    this.#key = key;
  }

  async obtain(_signal: AbortSignal, refused: string | undefined): Promise<Grant> {
    const token = await readNow(this.#platform, () => this.#key.reveal());
    if (token !== refused) return { token, bearer: false };
    throw refusedLogin(this.#platform, 'it does not accept the API key (or token). Was it revoked, or has it expired?');
  }
}
