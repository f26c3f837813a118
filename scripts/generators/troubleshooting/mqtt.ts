/** Problems of MQTT brokers, and their reason codes. */
import { attemptFailure, BrokerError, type BrokerErrorCode, keepAliveExpired } from '../../../src/mqtt/errors.ts';
import { connackRefusal, disconnected, knownReasons } from '../../../src/mqtt/reason-codes.ts';
import { table } from '../markdown.ts';

const facts = {
  label: 'MQTT broker "hall"',
  where: 'mqtts://broker.example.com:8883',
  host: 'broker.example.com',
  tlsName: 'broker.example.com',
  tls: true,
  webSocket: false,
  version: '5',
  clientId: 'iota-seeqdrv-hall',
  timeoutMs: 10_000,
} as const;

const failed = (code: string): BrokerError => attemptFailure(Object.assign(new Error('…'), { code }), facts);

/** An error of each code, as the code makes it. */
const made: Readonly<Record<BrokerErrorCode, () => BrokerError>> = {
  nothingListens: () => failed('ECONNREFUSED'),
  unknownHost: () => failed('ENOTFOUND'),
  unreachable: () => failed('EHOSTUNREACH'),
  timeout: () => failed('ETIMEDOUT'),
  closed: () => attemptFailure(undefined, facts),
  notMqtt: () => attemptFailure(new Error('…'), facts),
  untrusted: () => failed('SELF_SIGNED_CERT_IN_CHAIN'),
  expired: () => failed('CERT_HAS_EXPIRED'),
  hostMismatch: () => failed('ERR_TLS_CERT_ALTNAME_INVALID'),
  certificateRefused: () => failed('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
  tlsFailed: () => attemptFailure(new Error('wrong version number'), facts),
  fileUnreadable: () =>
    new BrokerError(
      'fileUnreadable',
      `${facts.label}: the message names the file of a certificate that cannot be used, and the reason.`,
    ),
  credentials: () =>
    new BrokerError('credentials', `${facts.label}: the log-in cannot be prepared: the message names the reason.`),
  loginRefused: () => connackRefusal(134, '', facts),
  versionRefused: () => connackRefusal(132, '', facts),
  clientIdRefused: () => connackRefusal(133, '', facts),
  unavailable: () => connackRefusal(136, '', facts),
  takenOver: () => disconnected(142, '', facts),
  subscriptionRefused: () => disconnected(143, '', facts),
  keepAlive: () => keepAliveExpired(90, facts),
  ended: () => disconnected(139, '', facts),
  other: () => failed('E_OTHER'),
};

export const brokerProblems = (): string[][] =>
  Object.entries(made).map(([code, make]) => [`\`${code}\``, make().message]);

/** The messages without the name of the broker, which is the same in all of them. */
export function reasonTables(): string[] {
  const { connack, disconnect } = knownReasons();
  const short = ({ message }: BrokerError): string => message.replace(`${facts.label} at ${facts.where}`, '…');
  return [
    'The reason codes with which a broker refuses a connection (CONNACK):',
    table(
      ['code', 'message'],
      connack.map((code) => [String(code), short(connackRefusal(code, '', facts))]),
    ),
    'The reason codes with which it ends a connection (DISCONNECT, MQTT 5 only):',
    table(
      ['code', 'message'],
      disconnect.map((code) => [String(code), short(disconnected(code, '', facts))]),
    ),
  ];
}
