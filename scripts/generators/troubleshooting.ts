/**
 * `docs/troubleshooting.md`: the messages of the driver with cause and remedy. The code itself makes each message, from
 * facts that stand for those of a plant; a new code of an error does not compile until it is here.
 */
import { errorCodes } from '../../src/contract/errors.ts';
import type { FeedState } from '../../src/contract/health.ts';
import { fromThrown, refusal } from '../../src/net/errors.ts';
import type { NetworkProblem } from '../../src/lib/network-problem.ts';
import { labelOf } from '../../src/sources/seeq/connection/errors.ts';
import { loginAdvice } from '../../src/sources/seeq/connection/login-advice.ts';
import { brokerProblems, reasonTables } from './troubleshooting/mqtt.ts';
import { busProblems, streamProblems } from './troubleshooting/nats.ts';
import { page, table } from './markdown.ts';

/** A code of Node or OpenSSL for each problem of a network. */
const codeOf: Readonly<Record<NetworkProblem, string>> = {
  refused: 'ECONNREFUSED',
  unknownHost: 'ENOTFOUND',
  unreachable: 'EHOSTUNREACH',
  timeout: 'ETIMEDOUT',
  closed: 'ECONNRESET',
  untrusted: 'SELF_SIGNED_CERT_IN_CHAIN',
  expired: 'CERT_HAS_EXPIRED',
  hostMismatch: 'ERR_TLS_CERT_ALTNAME_INVALID',
  tls: 'ERR_SSL_WRONG_VERSION_NUMBER',
};

const feedAdvice: Readonly<Record<FeedState, [meaning: string, advice: string]>> = {
  connecting: [
    'The first attempt runs, or subscriptions are not confirmed yet.',
    'Wait a few seconds. If it stays so, the message names what is awaited.',
  ],
  up: ['The feed works.', ''],
  silent: [
    'The feed is connected, but no message has arrived for longer than configured.',
    'Check that the devices send, and that the topics of the configuration are those of the devices. `iota-seeqdrv map` shows what a message becomes.',
  ],
  waiting: [
    'The bus accepts no readings, so senders must wait.',
    'Correct the [stream](#the-stream-of-readings) or the [connection to the NATS server](#the-nats-server).',
  ],
  refused: [
    'The log-in, or a subscription, was refused.',
    'Correct the credentials or the rights at the broker; the message has its reason.',
  ],
  down: [
    'The other side cannot be reached, or the driver cannot listen at the port.',
    'See the tables [of brokers](#mqtt-brokers) and [of servers](#servers-over-http).',
  ],
  stopped: ['The driver is stopping.', ''],
};

/** Statuses of HTTP that have a meaning of their own. */
const STATUSES = [301, 401, 403, 404, 429, 500, 503];

const withCode = (code: string): Error => Object.assign(new Error(code), { code });

export function troubleshootingPage(): string {
  const server = labelOf('plant-a');
  const errors = Object.entries(errorCodes).map(([code, { retryable, advice }]) => [
    `[\`${code}\`](errors.md)`,
    retryable ? 'yes' : 'no',
    advice,
  ]);
  const network = Object.entries(codeOf).map(([problem, code]) => [
    `\`${problem}\``,
    fromThrown(withCode(code), server).message,
  ]);
  const statuses = STATUSES.map((status) => [
    String(status),
    refusal({ status, body: '', retryAfterMs: undefined }, server, '').message,
  ]);
  const login = { username: 'iota', password: '-', directory: undefined, offered: ['Seeq', 'LDAP'] };
  return page([
    '# Troubleshooting',
    '<!-- Generated from the code by "npm run generate". -->',
    'Use this page to look up a message of the log, of the [health report](telemetry.md#healthtopic-health), of `check` or of an answer. All of them use the same words. The names `plant-a`, `hall` and `READINGS` and the addresses stand for those of your configuration.',
    'Begin with `iota-seeqdrv check`: it names the likely cause of most problems. [Operations](operations.md) has the lines of the log and the alarms.',
    '## Errors in answers',
    table(['code', 'try again?', 'what to do'], errors),
    '## The NATS server',
    'The driver tries again until it is connected. The message is a line of the log; commands print it and end.',
    table(['code', 'message'], busProblems()),
    "A line `The NATS server does not allow the driver's user …` names the missing right; `iota-seeqdrv permissions` prints [all of them](permissions.md).",
    '## Servers over HTTP',
    'Seeq servers and IoT Open. The server has the state `down`; its items fail with `sourceUnavailable`, and those of other servers do not wait.',
    table(['problem', 'message'], network),
    'The server answers with a status other than 2xx. Its own text follows the message, if it has one.',
    table(['status', 'message'], statuses),
    '### Seeq refuses the log-in',
    `- With an access key: ${loginAdvice({ ...login, kind: 'accessKey' })}`,
    `- With a user: ${loginAdvice({ ...login, kind: 'user' })}`,
    '## MQTT brokers',
    table(['code', 'message'], brokerProblems()),
    ...reasonTables(),
    '## The stream of readings',
    'While the stream is unavailable the driver takes no device data: brokers keep messages of QoS 1 and 2, and devices repeat theirs. A degraded stream accepts readings.',
    table(['state', 'message'], streamProblems()),
    '## Feeds',
    table(
      ['state', 'meaning', 'what to do'],
      Object.entries(feedAdvice).map(([state, [meaning, advice]]) => [`\`${state}\``, meaning, advice]),
    ),
  ]);
}
