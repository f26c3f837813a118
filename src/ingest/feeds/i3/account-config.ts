/** Identity and credentials of the driver at an I3 marketplace. Buyers and sellers share them. */
import { z } from 'zod';
import { whole } from '../../../config/fields.ts';
import { secret, unless } from '../../../config/references.ts';
import { rule, type Report } from '../../../config/rules.ts';
import { SENSITIVE } from '../../../lib/wording/explain.ts';
import { connectionKeys } from '../../../mqtt/config.ts';
import { KeyProblem, passwordProblem, readPrivateKey } from './secrets.ts';

/** A broker silently delivers nothing to a client with one of these in its user name or client id. */
const DANGEROUS = /[/+#]/;
const isPlain = (text: string): boolean => !/\p{Cc}/u.test(text) && text.isWellFormed() && text.trim() === text;

/** Name of an account, or full name of a device: `user$hub$device`. */
const userName = () =>
  z
    .string()
    .min(1)
    .max(256)
    .superRefine((text, context) => {
      const problem = userProblem(text);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    });

function userProblem(text: string): string | undefined {
  if (!isPlain(text)) return 'must hold no control characters and neither begin nor end with a space';
  if (/^[^/$+#]+\/[^/$+#]+\/[^/$+#]+$/.test(text)) {
    return `must have $ between its parts where topics have /: ${JSON.stringify(text.replaceAll('/', '$'))}`;
  }
  if (DANGEROUS.test(text)) return 'must hold no / + or #, for which the marketplace denies everything';
  const parts = text.split('$');
  if (parts.length === 1 || (parts.length === 3 && !parts.includes(''))) return undefined;
  return 'must be the plain name of an account (a buyer), or the full name of a device, "user$hub$device"';
}

/** Default lifetime of a token. */
const DEFAULT_LIFETIME_S = 60;

/** Credentials of the account or the device. */
const credentialsSchema = z
  .strictObject({
    password: secret(unless(passwordProblem))
      .optional()
      .describe("Password: of a device, 6 to 500 characters, or the buyer's, as the marketplace sent it."),
    privateKey: secret(unless(privateKeyProblem))
      .optional()
      .describe(
        'RSA private key of a device whose public key the marketplace has: PEM, or base64 without the lines of PEM. It signs a token for each attempt to connect and never leaves the driver.',
      ),
    issuer: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('Claim `iss` of the tokens; the marketplace does not check it. Default: the first part of `user`.'),
    lifetimeSeconds: whole(5, 86_400)
      .default(DEFAULT_LIFETIME_S)
      .describe('Lifetime of a token in seconds. The broker checks it only when the driver connects.'),
  })
  .check(
    rule(['password', 'privateKey', 'issuer', 'lifetimeSeconds'], (credentials, report) => {
      const { password, privateKey, issuer, lifetimeSeconds } = credentials;
      if (password === undefined && privateKey === undefined) {
        report.problem([], 'must hold a password or a privateKey');
      } else if (password !== undefined && privateKey !== undefined) {
        report.problem([], 'must hold either password or privateKey, not both');
      }
      if (privateKey !== undefined) return;
      if (issuer !== undefined) report.problem(['issuer'], 'only goes with privateKey');
      if (lifetimeSeconds !== DEFAULT_LIFETIME_S) report.problem(['lifetimeSeconds'], 'only goes with privateKey');
    }),
  );

function privateKeyProblem(text: string): string | undefined {
  try {
    readPrivateKey(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error;
    return error.message;
  }
}

/** The marketplace's broker uses MQTT 3.1.1, which has no session expiry. */
const { sessionExpirySeconds: _onlyOfVersion5, ...connection } = connectionKeys;

/** Keys of every connection to an I3 broker. */
export const i3AccountKeys = {
  ...connection,
  user: userName().describe(
    'User name at the broker: the full name of a device, `user$hub$device`, or the plain account name of a buyer.',
  ),
  clientId: z
    .string()
    .min(1)
    .max(256)
    .refine((text) => isPlain(text) && !DANGEROUS.test(text), {
      message: 'must hold no / + or #, for which the marketplace denies everything, and no control characters',
    })
    .optional()
    .describe(
      'Client id; by default the same as `user`. The marketplace counts what a buyer received by the client id, so a buyer should not change it. A second connection with the same client id ends the first.',
    ),
  credentials: credentialsSchema
    .meta({ [SENSITIVE]: true })
    .describe('How the account logs in: with a password or a key; read again for every attempt to connect.'),
};

interface AccountKeys {
  readonly user: string;
  readonly credentials: { readonly privateKey?: unknown };
}

/** Only devices have keys: the marketplace refuses a token of an account. */
export const accountRule = () =>
  rule<AccountKeys, 'user' | 'credentials'>(['user', 'credentials'], ({ user, credentials }, report) => {
    if (credentials.privateKey === undefined || user.includes('$')) return;
    const message = 'only goes with the full name of a device as user, "user$hub$device"; an account has a password';
    report.problem(['credentials', 'privateKey'], message);
  });

/** Warns of a product of another hub. A device may read and write only those of its own (I3-Core), without an error. */
export function warnOfOtherHub(user: string, topic: string, path: readonly PropertyKey[], report: Report): void {
  const [account = '', hub = '', device] = user.split('$');
  const own = `${account}/${hub}/`;
  if (device === undefined || topic.startsWith(own) || /[+#]/.test(topic)) return;
  const message = `is no product of the device's own hub, ${own}…; the marketplace denies others without a notice`;
  report.warning(path, message);
}

/** Why `text` is not a valid topic of a product. Undefined if it is valid. */
export function productProblem(text: string): string | undefined {
  if (!isPlain(text)) return 'must hold no control characters and neither begin nor end with a space';
  if (/^[^/$]+\$[^/$]+\$[^/$]+$/.test(text)) {
    return `must have / between its parts: ${JSON.stringify(text.replaceAll('$', '/'))}`;
  }
  if (!/^[^/]+\/[^/]+\/[^/]+$/.test(text)) {
    return 'must be the full topic of a product, "user/hub/product": three parts, none of them empty';
  }
  if (Buffer.byteLength(text) > 65_535) return 'is too long for MQTT';
  return undefined;
}
