/** Formats users and their permissions as a configuration of nats-server. */
import type { Right } from '../bus/rights.ts';

/** A user of the NATS server. */
export interface ServerUser {
  /** Description for a comment. */
  readonly title: string;
  /** NKey public key. */
  readonly publicKey: string;
  readonly rights: readonly Right[];
}

export interface ServerConfigurationOptions {
  readonly users: readonly ServerUser[];
  /** Whether the users need JetStream. */
  readonly jetstream: boolean;
  /** Paths of the server. Default: those of the usual packages, to be adapted. */
  readonly files?: { readonly certificate: string; readonly key: string; readonly store: string } | undefined;
}

const USUAL_FILES = {
  certificate: '/etc/nats/server.crt',
  key: '/etc/nats/server.key',
  store: '/var/lib/nats/jetstream',
};

/** The whole file: TLS, JetStream if needed, and one account with the users. */
export function serverConfiguration({ users, jetstream, files = USUAL_FILES }: ServerConfigurationOptions): string {
  return [
    'listen: "0.0.0.0:4222"',
    'tls {',
    `  cert_file: ${quoted(files.certificate)}`,
    `  key_file: ${quoted(files.key)}`,
    '}',
    ...(jetstream ? ['jetstream {', `  store_dir: ${quoted(files.store)}`, '}'] : []),
    'accounts {',
    '  IOTA {',
    ...(jetstream ? ['    jetstream: enabled'] : []),
    '    users: [',
    ...users.flatMap(userLines).map((line) => `      ${line}`),
    '    ]',
    '  }',
    '}',
  ].join('\n');
}

/** One user, with a comment for each permission. */
function userLines({ title, publicKey, rights }: ServerUser): string[] {
  return [
    `# ${title}`,
    '{',
    `  nkey: ${quoted(publicKey)}`,
    '  permissions: {',
    ...(['publish', 'subscribe'] as const).flatMap((operation) =>
      operationLines(operation, rights).map((line) => `    ${line}`),
    ),
    '  }',
    '}',
  ];
}

/** An operation without an entry is allowed on every subject, so an operation without permissions is denied. */
function operationLines(operation: Right['operation'], rights: readonly Right[]): string[] {
  const own = rights.filter((right) => right.operation === operation);
  if (own.length === 0) return [`${operation}: { deny: [">"] }`];
  return [`${operation}: { allow: [`, ...own.map(({ subject, purpose }) => `  ${quoted(subject)} # ${purpose}`), '] }'];
}

/** nats-server reads `$NAME` as a variable unless it is quoted. It accepts JSON escapes for quotes and backslashes. */
const quoted = (text: string): string => JSON.stringify(text);
