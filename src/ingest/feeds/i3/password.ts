import { count } from '../../../lib/phrases.ts';
import { keyInPassword } from './private-key.ts';

/** Password length that the marketplace's forms allow, in characters. A buyer's password has 12. */
const PASSWORD_LENGTH = { least: 6, most: 500 };

/** Why a text cannot be a password of an I3 marketplace and must not be sent as one. Undefined if it can. */
export function passwordProblem(password: string): string | undefined {
  const key = keyInPassword(password);
  if (key !== undefined) {
    return `The password ${key}, which must never leave this machine, so nothing was sent. Name the file of the private key under credentials.privateKey instead.`;
  }
  const { least, most } = PASSWORD_LENGTH;
  const length = Array.from(password).length;
  return length < least || length > most
    ? `The password has ${count(length, 'character')}; one of I3 has ${least} to ${most}. Nothing was sent.`
    : undefined;
}
