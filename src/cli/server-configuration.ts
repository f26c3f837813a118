/** Users and their rights as a configuration of nats-server to paste. */
import type { Right } from '../bus/rights.ts';

/** A user of the NATS server. */
export interface ServerUser {
  /** What it is, in a comment. */
  readonly title: string;
  /** NKey public key. */
  readonly publicKey: string;
  readonly rights: readonly Right[];
}

export interface ServerConfigurationOptions {
  readonly users: readonly ServerUser[];
  /** Whether the users need JetStream. */
  readonly jetstream: boolean;
  /** Folders and files of the server; by default those of the usual packages, to be adapted. */
  readonly files?: { readonly certificate: string; readonly key: string; readonly store: string } | undefined;
}

const USUAL_FILES = {
  certificate: '/etc/nats/server.crt',
  key: '/etc/nats/server.key',
  store: '/var/lib/nats/jetstream',
};

/** The whole file: TLS, JetStream where it is needed, one account with the users. */
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

/** One user, with a comment for each right. */
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

/** An operation that is named nowhere would be allowed on every subject, so one without a right is denied. */
function operationLines(operation: Right['operation'], rights: readonly Right[]): string[] {
  const own = rights.filter((right) => right.operation === operation);
  if (own.length === 0) return [`${operation}: { deny: [">"] }`];
  return [`${operation}: { allow: [`, ...own.map(({ subject, purpose }) => `  ${quoted(subject)} # ${purpose}`), '] }'];
}

/** nats-server reads `$NAME` as a variable unless it is quoted, and knows the escapes of JSON for quotes and backslashes. */
const quoted = (text: string): string => JSON.stringify(text);
