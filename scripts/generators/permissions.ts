import type { BusUse } from '../../src/bus/driver-subjects.ts';
import { callerRights, driverRights, readerRights, type Right } from '../../src/bus/rights.ts';
import { busUseOf } from '../../src/app/bus-use.ts';
import { usersOf } from '../../src/cli/permissions.ts';
import { serverConfiguration } from '../../src/cli/server-configuration.ts';
import { page, table } from './markdown.ts';

/** Public keys of nobody. */
const KEYS = {
  driver: 'UA3JR34S4DKEYOSDNYBO575I3YJRLFNMP7ODKO635EHSOWJOKS7PLX6T',
  dashboards: 'UA7O5W375HQCQC2SRWPFCTCHF3X5H633VXYEAWZ3BB2BMD3WIZMAEUFR',
  archive: 'UA7JQYALRCJAXXSURQW6EMVB56BB3DF73DCE5BXURQQXINU5CESEW4G5',
};
const CALLER_INBOX = '_INBOX_dashboards';
const READER_INBOX = '_INBOX_archive';
const DURABLE = 'archive';

/** An installation that uses everything. */
const EXAMPLE = {
  reqtopic: 'us-east-1.site-a.seeq.request',
  healthtopic: 'iota.health',
  metricstopic: 'iota.metrics',
  enablemetrics: true,
  statstopic: 'iota.stats',
  logstopic: 'iota.logs',
  audit: { topic: 'iota.audit' },
  ingest: {
    prefix: 'iota',
    stream: { mode: 'jetstream', name: 'READINGS', create: true },
    egress: [
      {
        name: 'city',
        publish: [{ subject: 'iota.readings.mqtt.hall.>', topic: 'user/hub/product', durable: 'sell-hall' }],
      },
    ],
  },
} as const;

/** The same names as in the configuration, in place of values. */
const READ_PATH: BusUse = { reqtopic: '<reqtopic>', topics: [] };
const TELEMETRY: BusUse = {
  ...READ_PATH,
  topics: ['<healthtopic>', '<metricstopic>', '<statstopic>', '<logstopic>', '<settings.audit.topic>'],
};
const READINGS = {
  subjects: ['<prefix>.readings.>', '<prefix>.deadletters.>'],
  stream: { name: '<stream>', create: false },
  consumers: [],
};
const INGEST: BusUse = { ...READ_PATH, readings: READINGS };
const CREATE: BusUse = { ...READ_PATH, readings: { ...READINGS, stream: { name: '<stream>', create: true } } };
const SELLING: BusUse = {
  ...READ_PATH,
  readings: { ...READINGS, consumers: [{ stream: '<stream>', durable: '<durable>', filter: '<subject>' }] },
};

const rows = (rights: readonly Right[]): string =>
  table(
    ['right', 'subject', 'for'],
    rights.map(({ operation, subject, purpose }) => [operation, `\`${subject}\``, purpose]),
  );

/** Those of the first that the second has not. */
function beyond(use: BusUse, base: BusUse): Right[] {
  const known = new Set(driverRights(base).map(({ operation, subject }) => `${operation} ${subject}`));
  return driverRights(use).filter(({ operation, subject }) => !known.has(`${operation} ${subject}`));
}

/** `docs/permissions.md`: the rights on the NATS server, out of the code that uses them. */
export function permissionsPage(): string {
  const use = busUseOf(EXAMPLE);
  const users = usersOf(use, KEYS.driver, {
    callers: [{ publicKey: KEYS.dashboards, inbox: CALLER_INBOX }],
    readers: [{ publicKey: KEYS.archive, inbox: READER_INBOX }],
    durable: DURABLE,
  });
  return page([
    '# Permissions on the NATS server',
    '<!-- Generated from src/bus/rights.ts by "npm run generate". -->',
    'Use this page to set up the users of the driver, its callers and its readers on the NATS server. Give each program its own user, with its own NKey and no more rights than it needs. The rights depend on the configuration, so the driver prints them:',
    '```sh\niota-seeqdrv permissions --config /etc/iota/iota.seeqdrv.json --caller <public key> --reader <public key>\n```',
    'The command reads neither the key nor a secret, and connects to nothing. `--caller` and `--reader` may be given several times; `--json` prints the users alone. The tests of the driver run with exactly these rights, on the oldest and the newest supported server.',
    '## A complete server configuration',
    'This configuration is for a driver that uses all features, a caller with its own inbox, and a reader of the readings:',
    `\`\`\`\n${serverConfiguration({ users, jetstream: true })}\n\`\`\``,
    `The command \`permissions --caller ${KEYS.dashboards}=${CALLER_INBOX} --reader ${KEYS.archive}=${READER_INBOX} --durable ${DURABLE}\` prints it. Adapt the paths of the certificate, its key and the store.`,
    'The server refuses every client that is not one of these users: with `accounts` that have users, no anonymous access exists. Use another user for administration (streams, consumers), never that of the driver.',
    '## The driver',
    'To answer requests:',
    rows(driverRights(READ_PATH)),
    'In addition, for each telemetry topic that is configured:',
    rows(beyond(TELEMETRY, READ_PATH)),
    'In addition, to publish device data:',
    rows(beyond(INGEST, READ_PATH)),
    'In addition, with `create`, to create the stream if it is missing. Without this right, create the stream yourself:',
    rows(beyond(CREATE, INGEST)),
    'In addition, for each entry of `publish` of a seller (`egress`):',
    rows(beyond(SELLING, INGEST)),
    'Over core NATS (`stream.mode` is `core`) no right to JetStream is needed. The driver publishes answers below `_INBOX`, or below each inbox that a caller has. A request with another `replyTo` needs the right to that subject, too.',
    'The log names a missing right: "The NATS server does not allow the driver\'s user to publish on …". Without the rights to `$SRV` the driver works, but service discovery does not find it. Without those to `<reqtopic>.control` it works, but a request is cancelled only if its own replica receives the `cancel`.',
    '## A caller',
    rows(callerRights(READ_PATH)),
    'A caller with the right to subscribe to `_INBOX.>` can read the answers to all other callers. If that matters, give each caller its own inbox, below which only its user may subscribe. Use `--caller <public key>=<inbox>` of this command, and set the same inbox at the caller: `inboxPrefix` of [the client](client.md) or of its NATS connection, or `--inbox` of the commands that send requests.',
    'A caller must not have the right to publish on `<reqtopic>.control`, below it, or on the subjects of readings: the receivers cannot distinguish it from the driver.',
    '## A reader of readings',
    rows(readerRights(READINGS, '<durable>')),
    'For live readings a reader needs the first line only. To read the stream it uses one durable consumer; several readers need several names (`--durable`). The right to create the consumer covers one name and one filter, but the server does not check the settings: a user who creates a consumer can send the readings to any subject. For an untrusted reader, create the consumer yourself (`nats consumer add`) and omit the line `CONSUMER.CREATE`.',
    '## No allow_responses',
    'Do not give the driver `allow_responses` in place of `_INBOX.>`:',
    [
      '- It allows the driver to publish on **every reply subject that a caller names**, also without an explicit right. If a request has the reply subject `$JS.API.STREAM.PURGE.READINGS`, the server treats the answer as a command of the driver to purge the stream. The driver refuses such subjects itself, but the server should not depend on that.',
      '- It is designed for one reply: with `allow_responses: true` the server accepts one message for each request, and drops the other messages of an answer.',
    ].join('\n'),
    'For the same reason the driver has no right to `$JS.API.>` or `>`, only to the subjects above.',
  ]);
}
