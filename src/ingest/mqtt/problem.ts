/** Why there is no connection to an MQTT broker, in words for the person who can mend it. */

export type LinkProblemCode =
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
  | 'keepAlive'
  | 'ended'
  | 'other';

/** The reason why an attempt failed or a connection broke. The message says what happened and what to do. */
export class LinkProblem extends Error {
  override readonly name = 'LinkProblem';
  readonly code: LinkProblemCode;

  constructor(code: LinkProblemCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** The broker answered and would not have us; to try again soon is no use. */
  get refused(): boolean {
    return refusals.has(this.code);
  }
}

const refusals: ReadonlySet<LinkProblemCode> = new Set([
  'credentials',
  'loginRefused',
  'versionRefused',
  'clientIdRefused',
  'certificateRefused',
  'takenOver',
]);

/** What is known of an attempt besides its error. */
export interface AttemptFacts {
  /** For texts: `MQTT broker "hall"`. */
  readonly label: string;
  /** Scheme, host and port: `mqtts://broker.example.com:8883`. */
  readonly where: string;
  readonly host: string;
  /** The name that the broker's certificate has to bear. */
  readonly tlsName: string;
  readonly tls: boolean;
  readonly webSocket: boolean;
  readonly version: '3.1.1' | '5';
  readonly clientId: string;
  readonly timeoutMs: number;
}

type Rule = [pattern: RegExp, code: LinkProblemCode, text: (facts: AttemptFacts, found: string) => string];

/** By the code of the error, as Node and OpenSSL name it. */
const networkRules: Rule[] = [
  [/^ECONNREFUSED$/, 'nothingListens', () => 'nothing listens there. Start the broker, or correct the address.'],
  [
    /^(ENOTFOUND|EAI_\w+)$/,
    'unknownHost',
    ({ host }) =>
      `the host name "${host}" cannot be resolved. Correct the address, or the name service of this machine.`,
  ],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EACCES|EPERM|EADDRNOTAVAIL)$/,
    'unreachable',
    () => 'it cannot be reached from here. Check network, routes and firewalls.',
  ],
  [/^ETIMEDOUT$/, 'timeout', (facts) => timeoutText(facts)],
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET)_\w+|CERT_(UNTRUSTED|REJECTED|SIGNATURE_FAILURE)|INVALID_CA)$/,
    'untrusted',
    (_, found) =>
      `its certificate is signed by an authority that the driver does not trust (${found}). Give that authority as tls.caFile.`,
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    'expired',
    (_, found) => `its certificate is not valid today (${found}). Renew it, or correct the clock.`,
  ],
  [
    /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    'hostMismatch',
    ({ tlsName }) =>
      `its certificate is made out to another name than "${tlsName}". Use an address that the certificate names, or give the certificate's name as tls.serverName.`,
  ],
  [
    /^ERR_SSL_(TLSV?\d*_ALERT_(CERTIFICATE_REQUIRED|UNKNOWN_CA|ACCESS_DENIED)|SSLV?3?_ALERT_(BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|HANDSHAKE_FAILURE)|TLSV13_ALERT_CERTIFICATE_REQUIRED|\w*ALERT_\w*CERTIFICATE\w*)$/,
    'certificateRefused',
    (_, found) =>
      `it does not take the driver's certificate, or wants one (${found}). Give one that it knows as tls.certFile and tls.keyFile.`,
  ],
  [
    /^(ERR_(SSL|TLS|OSSL)_\w+|CERT_\w+|EPROTO)$/,
    'tlsFailed',
    (_, found) => `TLS with it failed (${found}). Check that the port speaks TLS, and its versions and ciphers.`,
  ],
];

/** A failure before the broker took the log-in. */
export function attemptFailure(error: unknown, facts: AttemptFacts): LinkProblem {
  if (error instanceof LinkProblem) return error;
  const problem = (code: LinkProblemCode, text: string): LinkProblem =>
    new LinkProblem(code, `${facts.label} at ${facts.where}: ${text}`, error);
  const found = codesOf(error);
  const said = error instanceof Error ? error.message : '';
  if (/wrong version number|packet length too long|http request/.test(said)) {
    const plain = facts.webSocket ? 'ws://' : 'mqtt://';
    return problem('tlsFailed', `what answers there speaks no TLS. Use ${plain}, or the port on which it speaks TLS.`);
  }
  for (const [pattern, code, text] of networkRules) {
    const hit = found.find((one) => pattern.test(one));
    if (hit !== undefined) return problem(code, text(facts, hit));
  }
  if (said === 'connack timeout' || said.includes('handshake has timed out')) {
    return problem('timeout', timeoutText(facts));
  }
  const status = /^Unexpected server response: (\d+)/.exec(said)?.[1];
  if (status !== undefined || /subprotocol|Sec-WebSocket|Upgrade header/i.test(said)) {
    const answer = status === undefined ? 'speaks no MQTT over web sockets' : `answers with HTTP status ${status}`;
    return problem('notMqtt', `what listens there ${answer}. Correct the path of the address.`);
  }
  if (error === undefined || found.some((code) => /^(ECONNRESET|EPIPE|ECONNABORTED)$/.test(code))) {
    return problem('closed', `it closed the connection before the log-in. ${closedHint(facts)}`);
  }
  if (found.length === 0) return problem('notMqtt', `what answers there is no MQTT broker. Correct the address.`);
  return problem('other', `the connection failed: ${said.slice(0, 300) || 'for a reason unknown'}.`);
}

function timeoutText({ timeoutMs }: AttemptFacts): string {
  return `it did not answer within ${timeoutMs} ms. Check that it is an MQTT broker, that it is not overloaded, and the firewalls on the way.`;
}

function closedHint({ tls, webSocket }: AttemptFacts): string {
  if (tls) {
    return 'Check that this port speaks TLS, and whether it wants a certificate of the driver; its log may tell more.';
  }
  return `If it expects TLS, use ${webSocket ? 'wss://' : 'mqtts://'}; its log may tell more.`;
}

/** Why the broker refused a CONNECT, by the code of its CONNACK: 1 to 5 of MQTT 3.1.1, from 128 of MQTT 5. */
const connackTexts: Record<number, [LinkProblemCode, string]> = {
  1: ['versionRefused', 'it does not speak this version of MQTT. Set "version" to the other one.'],
  2: ['clientIdRefused', 'it does not take the client id. Set "clientId" to one that it allows.'],
  3: ['unavailable', 'it says that it is unavailable. Wait, or look at the broker.'],
  4: ['loginRefused', 'it refused the log-in: wrong user or password.'],
  5: [
    'loginRefused',
    'it refused the log-in: not authorized. Check user, password and client id, and the rights there.',
  ],
  128: ['unavailable', 'it refused the connection without a reason.'],
  132: ['versionRefused', 'it does not speak MQTT 5. Set "version" to "3.1.1".'],
  133: ['clientIdRefused', 'it does not take the client id. Set "clientId" to one that it allows.'],
  134: ['loginRefused', 'it refused the log-in: wrong user or password.'],
  135: [
    'loginRefused',
    'it refused the log-in: not authorized. Check user, password and client id, and the rights there.',
  ],
  136: ['unavailable', 'it says that it is unavailable. Wait, or look at the broker.'],
  137: ['unavailable', 'it says that it is busy.'],
  138: ['loginRefused', 'it has banned this client. Ask its administrator.'],
  139: ['unavailable', 'it is shutting down.'],
  140: ['loginRefused', 'it wants another way of logging in than user and password.'],
  149: ['other', 'the log-in is too large for it.'],
  151: ['unavailable', 'a quota there is used up.'],
  156: ['unavailable', 'it wants clients to use another server. Correct the address.'],
  157: ['unavailable', 'it has moved to another server. Correct the address.'],
  159: ['unavailable', 'it takes connections more slowly than they come.'],
};

/** The broker answered the log-in with a refusal. */
export function connackRefusal(code: number, said: string | undefined, facts: AttemptFacts): LinkProblem {
  const [kind, text] = connackTexts[code] ?? ['other', `it refused the connection with code ${code}.`];
  const id = kind === 'clientIdRefused' ? ` It is "${facts.clientId}" now.` : '';
  return new LinkProblem(kind, `${facts.label} at ${facts.where}: ${text}${id}${quote(said)}`);
}

/** Why the broker ended a connection that was up, by the reason code of its DISCONNECT (MQTT 5). */
const disconnectTexts: Record<number, string> = {
  130: 'it found a fault in what the driver sent (protocol error).',
  135: 'the rights of the driver were taken away.',
  137: 'it is busy.',
  139: 'it shuts down.',
  141: 'it heard nothing from the driver for too long.',
  147: 'it has more messages under way than the driver allowed.',
  149: 'a message was too large for it.',
  150: 'messages came too fast for it.',
  151: 'a quota there is used up.',
  152: 'its administrator ended it.',
  156: 'it wants clients to use another server.',
  157: 'it has moved to another server.',
  160: 'connections there may last only so long.',
};

/** The broker said goodbye. */
export function disconnected(code: number, said: string | undefined, facts: AttemptFacts): LinkProblem {
  const { label, where, clientId } = facts;
  if (code === 142) {
    return new LinkProblem(
      'takenOver',
      `${label} at ${where}: another client has taken the session over, since it logs in with the same client id "${clientId}". Give each client an id of its own.`,
    );
  }
  const kind = code === 135 ? 'loginRefused' : 'ended';
  const text = disconnectTexts[code] ?? `it ended the connection with code ${code}.`;
  return new LinkProblem(kind, `${label} at ${where} ended the connection: ${text}${quote(said)}`);
}

/** A connection that was up broke. */
export function lostConnection(error: unknown, facts: AttemptFacts): LinkProblem {
  const { label, where } = facts;
  const why = error instanceof Error ? (codesOf(error)[0] ?? error.message.slice(0, 300)) : 'the broker closed it';
  return new LinkProblem(
    error === undefined ? 'closed' : 'ended',
    `${label} at ${where}: connection lost, ${why}.`,
    error,
  );
}

/** Nothing has come from the broker for too long, not even the answer to a ping. */
export function keepAliveExpired(seconds: number, { label, where }: AttemptFacts): LinkProblem {
  return new LinkProblem('keepAlive', `${label} at ${where}: no sign of life for ${seconds} s; connection given up.`);
}

/** A text of the broker's, on one line and not too long. */
function quote(said: string | undefined): string {
  if (said === undefined || said === '') return '';
  return ` It says: "${said.replace(/\p{Cc}+/gu, ' ').slice(0, 200)}"`;
}

/** The codes of an error and of what it wraps. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let current = error; current instanceof Error && codes.length < 8; current = current.cause) {
    const { code } = current as { code?: unknown };
    if (typeof code === 'string') codes.push(code);
    if (current instanceof AggregateError) codes.push(...current.errors.flatMap(codesOf));
  }
  return codes;
}
