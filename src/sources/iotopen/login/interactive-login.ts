/** An interactive login: the operator enters the code of the second factor. */
import { DriverError } from '../../../contract/errors.ts';
import { SecretFilter } from '../../../net/secret-filter.ts';
import { openTransport, type IotOpenTransportOptions } from '../transport.ts';
import { answerChallenge, logIn } from './user.ts';
import { readNow, type IotOpenCredentials } from './auth-method.ts';

/** Timeout of one call. */
const CALL_MS = 30_000;

/**
 * Runs a complete login.
 * @param code asks for the code, with the platform's name of the second factor; called only if the account has one
 * @returns the token, which is valid like an API key for about a year
 * @throws DriverError `unauthorized` for a wrong user, password or code
 */
export async function logInByHand(
  options: IotOpenTransportOptions & { readonly name: string },
  credentials: IotOpenCredentials & { readonly kind: 'user' },
  code: (next: string) => Promise<string>,
): Promise<string> {
  const platform = `IoT Open "${options.name}"`;
  const [user, password] = await readNow(platform, () =>
    Promise.all([credentials.user.reveal(), credentials.password.reveal()]),
  );
  const transport = openTransport(options);
  const secrets = new SecretFilter([password]);
  const desk = { platform, client: transport.client, conceal: secrets.clean };
  try {
    const step = await logIn(desk, user, password, AbortSignal.timeout(CALL_MS));
    if (step.next === undefined) return step.token;
    const answer = (await code(step.next)).trim();
    if (answer === '')
      throw new DriverError('unauthorized', `${platform} requires a code (${step.next}), and none was given.`);
    for (const secret of [step.token, answer]) secrets.learn(secret);
    return await answerChallenge(desk, step.token, answer, AbortSignal.timeout(CALL_MS));
  } finally {
    await transport.close();
  }
}
