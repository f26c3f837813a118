/** The files of a mosquitto under test: its configuration, and the passwords in mosquitto's own format. */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import type { ServerCertificate } from '../certificate.ts';

export interface ListenerOptions {
  /** MQTT over plain TCP by default. */
  protocol?: 'mqtt' | 'websockets';
  /** The listener's certificate; without it the listener speaks no TLS. */
  certificate?: ServerCertificate | undefined;
  /** PEM of the authority whose client certificates are taken; with it, every client needs one. */
  clientAuthority?: string | undefined;
  /** The name in the client's certificate takes the place of a user and a password. */
  certificateIsUser?: boolean;
}

export interface MosquittoSettings {
  /** Whether a client without a user may connect; by default only where there are no `users`. */
  allowAnonymous?: boolean | undefined;
  /** Passwords by user. */
  users?: Readonly<Record<string, string>> | undefined;
  /** Text of the ACL file, as mosquitto spells it; without it everything is allowed. */
  acl?: string | undefined;
  /** Whether sessions and retained messages survive a restart (an orderly one; a kill loses what came since the last). */
  persistence?: boolean | undefined;
  /** Messages of QoS 1 that one client may have unacknowledged. */
  maxInflight?: number | undefined;
  /** Messages that are kept for one client; further ones are dropped. 0 for no bound. */
  maxQueued?: number | undefined;
  /** Tells every packet in the log; slow with many of them. */
  logPackets?: boolean | undefined;
  /** Lines put before the listeners as they are. */
  extraConfig?: string | undefined;
}

/** A listener with its port, and where its files are. */
export interface PlacedListener extends ListenerOptions {
  port: number;
  certificateFiles?: { certFile: string; keyFile: string } | undefined;
  clientAuthorityFile?: string | undefined;
}

export interface MosquittoFiles {
  passwordFile: string | undefined;
  aclFile: string | undefined;
  /** Ends with a slash. */
  persistenceFolder: string;
  /** As whom the process runs; as root, mosquitto would change to a user who may not read its folder. */
  user: string;
}

export function renderConfig(
  settings: MosquittoSettings,
  listeners: readonly PlacedListener[],
  files: MosquittoFiles,
): string {
  const { users, allowAnonymous = users === undefined, persistence = true, maxInflight, maxQueued } = settings;
  return [
    `user ${files.user}`,
    'log_dest stderr',
    'log_timestamp true',
    'log_timestamp_format %H:%M:%S',
    'connection_messages true',
    ...(settings.logPackets === true
      ? ['log_type all']
      : ['error', 'warning', 'notice', 'information'].map((t) => `log_type ${t}`)),
    `allow_anonymous ${String(allowAnonymous)}`,
    ...(files.passwordFile === undefined ? [] : [`password_file ${files.passwordFile}`]),
    ...(files.aclFile === undefined ? [] : [`acl_file ${files.aclFile}`]),
    `persistence ${String(persistence)}`,
    ...(persistence ? [`persistence_location ${files.persistenceFolder}`] : []),
    ...(maxInflight === undefined ? [] : [`max_inflight_messages ${maxInflight}`]),
    ...(maxQueued === undefined ? [] : [`max_queued_messages ${maxQueued}`]),
    'set_tcp_nodelay true',
    ...(settings.extraConfig === undefined ? [] : [settings.extraConfig]),
    ...listeners.flatMap(renderListener),
    '',
  ].join('\n');
}

function renderListener(listener: PlacedListener): string[] {
  const { port, protocol, certificateFiles, clientAuthorityFile, certificateIsUser } = listener;
  return [
    `listener ${port} 127.0.0.1`,
    `protocol ${protocol ?? 'mqtt'}`,
    ...(certificateFiles === undefined
      ? []
      : [`certfile ${certificateFiles.certFile}`, `keyfile ${certificateFiles.keyFile}`]),
    ...(clientAuthorityFile === undefined ? [] : [`cafile ${clientAuthorityFile}`, 'require_certificate true']),
    ...(certificateIsUser === true ? ['use_identity_as_username true'] : []),
  ];
}

/** A password file; mosquitto's format 7 is PBKDF2 with SHA-512. */
export function renderPasswords(users: Readonly<Record<string, string>>): string {
  const iterations = 101;
  const lines = Object.entries(users).map(([user, password]) => {
    const salt = randomBytes(12);
    const hash = pbkdf2Sync(password, salt, iterations, 64, 'sha512');
    return `${user}:$7$${iterations}$${salt.toString('base64')}$${hash.toString('base64')}\n`;
  });
  return lines.join('');
}
