/** Why there is no connection to an MQTT broker, with the remedy for the operator. */
import { errorCodes, networkProblem, type NetworkProblem } from '../lib/network-problem.ts';
import { ProxyError } from '../net/proxy-errors.ts';

export type BrokerErrorCode =
  | 'nothingListens'
  | 'unknownHost'
  | 'unreachable'
  | 'timeout'
  | 'closed'
  | 'notMqtt'
  | 'untrusted'
  | 'expired'
  | 'hostMismatch'
  | 'certificateRefused'
  | 'tlsFailed'
  | 'fileUnreadable'
  | 'credentials'
  | 'loginRefused'
  | 'versionRefused'
  | 'clientIdRefused'
  | 'unavailable'
  | 'takenOver'
  | 'subscriptionRefused'
  | 'keepAlive'
  | 'ended'
  | 'other';

/** The reason why an attempt failed or a connection broke. The message says what happened and what to do. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** True if the broker rejected the login, so a quick retry does not help. */
  get refused(): boolean {
    return refusals.has(this.code);
  }
}

const refusals: ReadonlySet<BrokerErrorCode> = new Set([
  'credentials',
  'loginRefused',
  'versionRefused',
  'clientIdRefused',
  'certificateRefused',
  'takenOver',
  'subscriptionRefused',
]);

/** Facts about an attempt besides its error. */
export interface AttemptFacts {
  /** Name in messages: `MQTT broker "hall"`. */
  readonly label: string;
  /** Scheme, host and port: `mqtts://broker.example.com:8883`. */
  readonly where: string;
  readonly host: string;
  /** The name that the broker's certificate must contain. */
  readonly tlsName: string;
  readonly tls: boolean;
  readonly webSocket: boolean;
  readonly version: '3.1.1' | '5';
  readonly clientId: string;
  readonly timeoutMs: number;
}

type Rule = [
  when: NetworkProblem | RegExp,
  code: BrokerErrorCode,
  text: (facts: AttemptFacts, found: string) => string,
];

/** Rules by the meaning of an error code, or by the code itself. */
const networkRules: Rule[] = [
  ['refused', 'nothingListens', () => 'nothing listens there. Start the broker, or correct the address.'],
  [
    'unknownHost',
    'unknownHost',
    ({ host }) =>
      `the host name "${host}" cannot be resolved. Correct the address, or the name service of this machine.`,
  ],
  ['unreachable', 'unreachable', () => 'it cannot be reached from here. Check network, routes and firewalls.'],
  ['timeout', 'timeout', (facts) => timeoutText(facts)],
  [
    'untrusted',
    'untrusted',
    (_, found) =>
      `its certificate is signed by an authority that the driver does not trust (${found}). Set tls.caFile to the certificate of that authority.`,
  ],
  [
    'expired',
    'expired',
    (_, found) => `its certificate is not valid today (${found}). Renew it, or correct the clock.`,
  ],
  [
    'hostMismatch',
    'hostMismatch',
    ({ tlsName }) =>
      `its certificate is for another name than "${tlsName}". Use an address that the certificate names, or set tls.serverName to the name in the certificate.`,
  ],
  [
    /^ERR_SSL_(TLSV?\d*_ALERT_(CERTIFICATE_REQUIRED|UNKNOWN_CA|ACCESS_DENIED)|SSLV?3?_ALERT_(BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|HANDSHAKE_FAILURE)|TLSV13_ALERT_CERTIFICATE_REQUIRED|\w*ALERT_\w*CERTIFICATE\w*)$/,
    'certificateRefused',
    (_, found) =>
      `it rejects the driver's certificate, or requires one (${found}). Set tls.certFile and tls.keyFile to one that it accepts.`,
  ],
  [
    'tls',
    'tlsFailed',
    (_, found) => `TLS with it failed (${found}). Check that the port speaks TLS, and its versions and ciphers.`,
  ],
];

/** A failure before the broker accepted the login. */
export function attemptFailure(error: unknown, facts: AttemptFacts): BrokerError {
  if (error instanceof BrokerError) return error;
  const problem = (code: BrokerErrorCode, text: string): BrokerError =>
    new BrokerError(code, `${facts.label} at ${facts.where}: ${text}`, error);
  if (error instanceof ProxyError) return problem('unreachable', error.message);
  const found = errorCodes(error);
  const message = error instanceof Error ? error.message : '';
  if (/wrong version number|packet length too long|http request/.test(message)) {
    const plain = facts.webSocket ? 'ws://' : 'mqtt://';
    return problem(
      'tlsFailed',
      `the server at this address does not speak TLS. Use ${plain}, or the port on which it speaks TLS.`,
    );
  }
  for (const [when, code, text] of networkRules) {
    const hit = found.find((one) => (typeof when === 'string' ? networkProblem(one) === when : when.test(one)));
    if (hit !== undefined) return problem(code, text(facts, hit));
  }
  if (message === 'connack timeout' || message.includes('handshake has timed out')) {
    return problem('timeout', timeoutText(facts));
  }
  const status = /^Unexpected server response: (\d+)/.exec(message)?.[1];
  if (status !== undefined || /subprotocol|Sec-WebSocket|Upgrade header/i.test(message)) {
    const answer = status === undefined ? 'speaks no MQTT over web sockets' : `answers with HTTP status ${status}`;
    return problem('notMqtt', `the server at this address ${answer}. Correct the path of the address.`);
  }
  if (error === undefined || found.some((code) => networkProblem(code) === 'closed')) {
    return problem('closed', `it closed the connection before the log-in. ${closedHint(facts)}`);
  }
  if (found.length === 0)
    return problem('notMqtt', `the server at this address is not an MQTT broker. Correct the address.`);
  return problem('other', `the connection failed: ${message.slice(0, 300) || 'for a reason unknown'}.`);
}

function timeoutText({ timeoutMs }: AttemptFacts): string {
  return `it did not answer within ${timeoutMs} ms. Check that it is an MQTT broker, that it is not overloaded, and the firewalls on the way.`;
}

function closedHint({ tls, webSocket }: AttemptFacts): string {
  if (tls) {
    return 'Check that this port speaks TLS, and whether it wants a certificate of the driver; its log may show more.';
  }
  return `If it expects TLS, use ${webSocket ? 'wss://' : 'mqtts://'}; its log may show more.`;
}

/** A connection that was up has broken. */
export function lostConnection(error: unknown, facts: AttemptFacts): BrokerError {
  const { label, where } = facts;
  const why = error instanceof Error ? (errorCodes(error)[0] ?? error.message.slice(0, 300)) : 'the broker closed it';
  return new BrokerError(
    error === undefined ? 'closed' : 'ended',
    `${label} at ${where}: connection lost, ${why}.`,
    error,
  );
}

/** The broker has sent nothing for too long, not even a ping response. */
export function keepAliveExpired(seconds: number, { label, where }: AttemptFacts): BrokerError {
  return new BrokerError('keepAlive', `${label} at ${where}: no sign of life for ${seconds} s; connection given up.`);
}
