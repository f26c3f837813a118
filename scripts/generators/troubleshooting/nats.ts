/** Problems of the NATS server and of the stream of readings. */
import { DiscardPolicy, NatsError, RetentionPolicy, StorageType, type StreamConfig } from 'nats';
import {
  BusError,
  type BusErrorCode,
  classifyFailure,
  lostConnection,
  staleConnection,
} from '../../../src/bus/connection/errors.ts';
import { checkConfig, missing, type StreamRequirements } from '../../../src/bus/jetstream/stream-monitor.ts';

const server = { host: 'nats.example.com', port: 4222, tlsName: 'nats.example.com' };
const facts = { server, insecure: false, tlsFirst: false, timeoutMs: 5000, publicKey: 'U…' };

const withCode = (code: string): Error => Object.assign(new Error('…'), { code });
const classified = (error: unknown, more: Partial<typeof facts> = {}): BusError =>
  classifyFailure(error, { ...facts, ...more });

/** An error of each code, as the code makes it. */
const made: Readonly<Record<BusErrorCode, () => Error>> = {
  refused: () => classified(withCode('ECONNREFUSED')),
  unknownHost: () => classified(withCode('ENOTFOUND')),
  unreachable: () => classified(withCode('EHOSTUNREACH')),
  timeout: () => classified(withCode('ETIMEDOUT')),
  closedByServer: () => classified(undefined),
  notNats: () => classified(new SyntaxError()),
  authentication: () => classified(withCode('AUTHORIZATION_VIOLATION')),
  tlsNotOffered: () => classified(withCode('SERVER_OPT_NA')),
  tlsRequired: () => classified(withCode('TLS'), { insecure: true }),
  untrusted: () => classified(withCode('SELF_SIGNED_CERT_IN_CHAIN')),
  expired: () => classified(withCode('CERT_HAS_EXPIRED')),
  hostMismatch: () => classified(withCode('ERR_TLS_CERT_ALTNAME_INVALID')),
  tlsFailed: () => classified(withCode('ERR_SSL_WRONG_VERSION_NUMBER')),
  keyUnusable: () =>
    new BusError(
      'keyUnusable',
      'The NKey seed cannot be used: the message names the file and the reason. `iota-seeqdrv keygen` makes a new pair.',
    ),
  caUnreadable: () =>
    new BusError('caUnreadable', 'The file of `settings.bus.tls.caFile` cannot be used: the message names the reason.'),
  serverError: () => classified(new NatsError('…', 'NATS_PROTOCOL_ERR')),
  lost: () => lostConnection(server, undefined),
  stale: () => staleConnection(server, 10_000),
  other: () => classified(withCode('…')),
};

export const busProblems = (): string[][] =>
  Object.entries(made).map(([code, make]) => [`\`${code}\``, make().message]);

const requirements: StreamRequirements = {
  name: 'READINGS',
  subjects: ['readings.>'],
  duplicateWindowMs: 120_000,
  create: false,
};

const good: StreamConfig = {
  name: 'READINGS',
  subjects: ['readings.>'],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  duplicate_window: 120e9,
  max_msg_size: -1,
  no_ack: false,
  sealed: false,
} as Partial<StreamConfig> as StreamConfig;

export function streamProblems(): string[][] {
  const defects: (Partial<StreamConfig> & { persist_mode?: string })[] = [
    { subjects: ['other.>'] },
    { no_ack: true },
    { retention: RetentionPolicy.Workqueue },
    { sealed: true },
    { persist_mode: 'async' },
    { duplicate_window: 1e9 },
    { max_msg_size: 100 },
  ];
  const found = defects.map((defect) => checkConfig({ ...good, ...defect }, requirements));
  const all = [{ state: 'unavailable', message: missing(requirements) }, ...found];
  return all.map(({ state, message = '' }) => [`\`${state}\``, message]);
}
