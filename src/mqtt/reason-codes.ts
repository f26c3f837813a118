/** Why a broker refused or ended a connection, by the reason codes of CONNACK and DISCONNECT. */
import { BrokerError, type AttemptFacts, type BrokerErrorCode } from './errors.ts';

/** Why the broker refused a CONNECT, by the code of its CONNACK: 1 to 5 of MQTT 3.1.1, from 128 of MQTT 5. */
const connackTexts: Record<number, [BrokerErrorCode, string]> = {
  1: ['versionRefused', 'it does not speak this version of MQTT. Set "version" to the other one.'],
  2: ['clientIdRefused', 'it rejects the client id. Set "clientId" to one that it allows.'],
  3: ['unavailable', 'it reports that it is unavailable. Wait, or check the broker.'],
  4: ['loginRefused', 'it refused the log-in: wrong user or password.'],
  5: [
    'loginRefused',
    'it refused the log-in: not authorized. Check user, password and client id, and the rights there.',
  ],
  128: ['unavailable', 'it refused the connection without a reason.'],
  132: ['versionRefused', 'it does not speak MQTT 5. Set "version" to "3.1.1".'],
  133: ['clientIdRefused', 'it rejects the client id. Set "clientId" to one that it allows.'],
  134: ['loginRefused', 'it refused the log-in: wrong user or password.'],
  135: [
    'loginRefused',
    'it refused the log-in: not authorized. Check user, password and client id, and the rights there.',
  ],
  136: ['unavailable', 'it reports that it is unavailable. Wait, or check the broker.'],
  137: ['unavailable', 'it reports that it is busy.'],
  138: ['loginRefused', 'it has banned this client. Ask its administrator.'],
  139: ['unavailable', 'it is shutting down.'],
  140: ['loginRefused', 'it requires another auth method than user and password, which the driver does not have.'],
  149: ['other', 'the log-in is too large for it.'],
  151: ['unavailable', 'a quota is used up. Raise it at the broker.'],
  156: ['unavailable', 'it directs clients to another server. Correct the address.'],
  157: ['unavailable', 'it has moved to another server. Correct the address.'],
  159: ['unavailable', 'connections arrive faster than it allows. Are several clients using this log-in?'],
};

/** The reason codes that have a text of their own. The list for people is made of them. */
export const knownReasons = (): { connack: number[]; disconnect: number[] } => ({
  connack: Object.keys(connackTexts).map(Number),
  disconnect: [...Object.keys(disconnectTexts).map(Number), TAKEN_OVER].sort((a, b) => a - b),
});

/** Another client with the same client id took the session over. */
const TAKEN_OVER = 142;

/** The broker refused the login. */
export function connackRefusal(code: number, reasonString: string, facts: AttemptFacts): BrokerError {
  const [kind, text] = connackTexts[code] ?? ['other', `it refused the connection with code ${code}.`];
  const id = kind === 'clientIdRefused' ? ` It is "${facts.clientId}" now.` : '';
  return new BrokerError(kind, `${facts.label} at ${facts.where}: ${text}${id}${quote(reasonString)}`);
}

/** Why the broker ended a connection that was up, by the reason code of its DISCONNECT (MQTT 5). */
const disconnectTexts: Record<number, string> = {
  130: 'it found a fault in what the driver sent (protocol error).',
  135: 'the driver is no longer authorized. Check its rights there.',
  137: 'it is busy.',
  139: 'it shuts down.',
  141: 'it received nothing from the driver for too long.',
  143: 'it does not allow one of the topic filters. Correct them.',
  147: 'it received more unacknowledged messages than it allows.',
  149: 'a message was too large for it.',
  150: 'messages arrived faster than it allows.',
  151: 'a quota is used up. Raise it at the broker.',
  152: 'its administrator ended it.',
  156: 'it directs clients to another server.',
  157: 'it has moved to another server.',
  158: 'it has no shared subscriptions. Leave "share" out.',
  159: 'connections arrive faster than it allows. Are several clients using this log-in?',
  160: 'the longest allowed time of a connection is over.',
  162: 'it accepts no wildcards in topic filters. Name the topics.',
};

/** Reason codes that repeat on each connection until an operator changes something. */
const disconnectKinds: Record<number, BrokerErrorCode> = {
  135: 'loginRefused',
  143: 'subscriptionRefused',
  158: 'subscriptionRefused',
  162: 'subscriptionRefused',
};

/** The broker sent a DISCONNECT. */
export function disconnected(code: number, reasonString: string, facts: AttemptFacts): BrokerError {
  const { label, where, clientId } = facts;
  if (code === TAKEN_OVER) {
    return new BrokerError(
      'takenOver',
      `${label} at ${where}: another client has taken the session over, since it logs in with the same client id "${clientId}". Give each client an id of its own.`,
    );
  }
  const kind = disconnectKinds[code] ?? 'ended';
  const text = disconnectTexts[code] ?? `it ended the connection with code ${code}.`;
  return new BrokerError(kind, `${label} at ${where} ended the connection: ${text}${quote(reasonString)}`);
}

/** The broker's text on one line. Empty if there is none. */
function quote(reasonString: string): string {
  return reasonString === '' ? '' : ` It says: "${reasonString.replace(/\s+/gu, ' ')}"`;
}
