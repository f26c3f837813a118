/** Auth method with user and password of an account, and a second factor if the account has one. */
import { DriverError } from '../../../contract/errors.ts';
import { type Conceal, fromThrown } from '../../../net/errors.ts';
import { fromRefusal } from '../errors.ts';
import type { components } from '../iotopen-api.generated.ts';
import type { TextSource } from '../../../net/tls.ts';
import type { IotOpenPaths } from '../transport.ts';
import { LoginBackoff } from '../../../net/availability/login-backoff.ts';
import type { TokenFile } from './token-file.ts';
import { basic, headersOf, readNow, refusedLogin, type Grant, type AuthMethod } from './auth-method.ts';

export interface UserAuthOptions {
  readonly platform: string;
  readonly client: IotOpenPaths;
  readonly user: TextSource;
  readonly password: TextSource;
  readonly tokenFile?: TokenFile | undefined;
  /** The remedy for a second factor: completes "it wants a code". */
  readonly codeAdvice: string;
  readonly conceal: Conceal;
  readonly now: () => number;
}

export class UserAuth implements AuthMethod {
  readonly #options: UserAuthOptions;
  readonly #backoff: LoginBackoff;

  constructor(options: UserAuthOptions) {
    this.#options = options;
    this.#backoff = new LoginBackoff(options.now);
  }

  async obtain(signal: AbortSignal, refused: string | undefined): Promise<Grant> {
    const { platform, client, user, password, tokenFile, codeAdvice, conceal } = this.#options;
    const kept = await readNow(platform, () => tokenFile?.read());
    if (kept !== undefined) {
      // Does not log in instead: with a second factor each login sends a code to the operator.
      if (kept !== refused) return { token: kept, bearer: false };
      const file = tokenFile?.path ?? '';
      throw refusedLogin(platform, `it does not accept the token in ${file} (any more). ${codeAdvice}`);
    }
    const [name, word] = await readNow(platform, () => Promise.all([user.reveal(), password.reveal()]));
    const tried = JSON.stringify([name, word]);
    this.#backoff.check(tried);
    let step: LoginStep;
    try {
      step = await logIn({ platform, client, conceal }, name, word, signal);
    } catch (error) {
      const refusal = error instanceof DriverError && error.code === 'unauthorized';
      throw refusal ? this.#backoff.refused(error, tried) : error;
    }
    if (step.next !== undefined) {
      throw this.#backoff.refused(
        refusedLogin(platform, `the account has a second factor (${step.next}). ${codeAdvice}`),
        tried,
        true,
      );
    }
    this.#backoff.accepted();
    return { token: step.token, bearer: false };
  }
}

/** Result of a login. */
export interface LoginStep {
  /** Final if there is no `next`. Otherwise valid for the challenge only. */
  readonly token: string;
  /** The platform's name of the next step, such as `smslogin`. */
  readonly next: string | undefined;
}

interface Desk {
  readonly platform: string;
  readonly client: IotOpenPaths;
  readonly conceal: Conceal;
}

/**
 * The first step of a login.
 * @throws DriverError `unauthorized` for a wrong user or password
 */
export async function logIn(desk: Desk, user: string, password: string, signal: AbortSignal): Promise<LoginStep> {
  try {
    const outcome = await desk.client.POST('/api/v2/auth', {
      headers: basic(user, password),
      signal,
    });
    if (!outcome.response.ok) throw fromRefusal(outcome, desk.platform, desk.conceal);
    return stepOf(outcome.data, desk);
  } catch (error) {
    throw fromThrown(error, desk.platform, signal, desk.conceal);
  }
}

/**
 * The second step: the code of the second factor, with the token of the first step.
 * @throws DriverError `unauthorized` for a wrong code
 */
export async function answerChallenge(desk: Desk, first: string, code: string, signal: AbortSignal): Promise<string> {
  try {
    const outcome = await desk.client.PUT('/api/v2/auth', {
      headers: headersOf({ token: first, bearer: false }),
      body: { challenge: code },
      signal,
    });
    if (!outcome.response.ok) throw fromRefusal(outcome, desk.platform, desk.conceal);
    const step = stepOf(outcome.data, desk);
    if (step.next === undefined) return step.token;
    throw refusedLogin(desk.platform, `it wants yet another step (${step.next}), which this driver does not know.`);
  } catch (error) {
    throw fromThrown(error, desk.platform, signal, desk.conceal);
  }
}

/** The platform's documentation uses `nextstep`, its client libraries `next_step`. */
function stepOf(data: components['schemas']['Login'] | undefined, { platform, conceal }: Desk): LoginStep {
  const { token, nextstep, next_step } = (data ?? {}) as Partial<Record<string, unknown>>;
  if (typeof token !== 'string' || token === '') {
    throw new DriverError('sourceError', `${platform} accepted the log-in but gave no token.`);
  }
  const next = [nextstep, next_step].find((word): word is string => typeof word === 'string' && word !== '');
  if (next === undefined) return { token, next };
  return { token, next: conceal(next, LONGEST_STEP) || 'it does not say which' };
}

/** Limit for the platform's name of a step in a message. */
const LONGEST_STEP = 80;
