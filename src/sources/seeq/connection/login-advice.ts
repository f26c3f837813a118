/** Advice for a login that Seeq refuses. */

/**
 * Lifetime of a personal access key according to Seeq's support page "Working with Access Keys". That application keys
 * use the same login call is inferred: Seeq's API creates both with an id and a password.
 */
const KEY_ADVICE =
  "Likely cause: the access key has expired. A personal access key works for 14 days after its owner's last log-in in a " +
  'browser (24 hours in R58; an administrator can change that). Its owner logs in to Seeq in a browser to renew it. A ' +
  "better way for a service is a key of one of Seeq's Applications, which an administrator makes: its id and password " +
  'go into "accessKey" and "password", and it does not depend on anybody\'s log-in. Otherwise compare the id and the ' +
  'password of the key with the configuration.';

/** Most directories in a message. A server has a few. */
const MOST_DIRECTORIES = 20;

export interface RefusedLogin {
  kind: 'accessKey' | 'user';
  username: string;
  password: string;
  /** The configured directory of a user. */
  directory: string | undefined;
  /** Names of the server's directories. Undefined if it does not list them. */
  offered: readonly string[] | undefined;
}

/** Sentences that follow the error. */
export function loginAdvice({ kind, username, password, directory, offered }: RefusedLogin): string {
  const blank = [
    ...(username === username.trim() ? [] : [kind === 'accessKey' ? 'access key' : 'user']),
    ...(password === password.trim() ? [] : ['password']),
  ];
  const blankAdvice = blank.map((what) => `The ${what} begins or ends with a blank or a line break; is that meant?`);
  if (kind === 'accessKey') return [...blankAdvice, KEY_ADVICE].join(' ');
  const others = offered === undefined ? '' : ` The server offers ${directoriesText(offered)}.`;
  return [
    ...blankAdvice,
    `Likely causes: the user or the password is wrong or has expired, or the user belongs to another directory than ` +
      `"${directory ?? 'Seeq'}" ("directory").${others}`,
  ].join(' ');
}

/** The directories of a server, for use in a sentence. */
export function directoriesText(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, MOST_DIRECTORIES).map((name) => `"${name.slice(0, 100)}"`);
  return `${shown.join(', ')}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ''}`;
}
