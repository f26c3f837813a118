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
  topics: ['<healthtopic>', '<metricstopic>', '<statstopic>', '<logstopic>'],
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
    'Give each program a user of its own, with an NKey of its own and no more rights than it needs. The rights follow from the configuration, so the driver prints them:',
    '```sh\niota-seeqdrv permissions --config /etc/iota/iota.seeqdrv.json --caller <public key> --reader <public key>\n```',
    'It reads neither the key nor a secret, and connects to nothing. `--caller` and `--reader` may be given several times, `--json` prints the users alone. The tests of the driver run under exactly these rights, on the oldest and the newest supported server.',
    '## A complete server configuration',
    'A driver that uses everything, a caller with an inbox of its own, and a reader of the readings:',
    `\`\`\`\n${serverConfiguration({ users, jetstream: true })}\n\`\`\``,
    `This is what \`permissions --caller ${KEYS.dashboards}=${CALLER_INBOX} --reader ${KEYS.archive}=${READER_INBOX} --durable ${DURABLE}\` prints. Adapt the paths of the certificate, its key and the store.`,
    'Whoever connects as none of these users is refused: once there are `accounts` with users, nothing is open. Administration (streams, consumers) belongs to a further user, never to the driver.',
    '## The driver',
    'To answer requests:',
    rows(driverRights(READ_PATH)),
    'Besides, for each telemetry topic that is configured:',
    rows(beyond(TELEMETRY, READ_PATH)),
    'Besides, to take in device data:',
    rows(beyond(INGEST, READ_PATH)),
    'With `create`, to create the stream if it is missing. Without this right, create the stream by hand:',
    rows(beyond(CREATE, INGEST)),
    'Besides, for each entry of `publish` of a seller (`egress`):',
    rows(beyond(SELLING, INGEST)),
    'Over core NATS (`stream.mode` is `core`) no right to JetStream is needed. The driver replies below `_INBOX`, or below each inbox that is given to a caller. A request with a `replyTo` elsewhere needs that subject, too.',
    'A right that is missing is named in the log: "The NATS server does not allow the driver\'s user to publish on …". Without `$SRV` the driver works, and service discovery does not find it; without `<reqtopic>.control` it works, and a request is cancelled only if its own replica gets the `cancel`.',
    '## A caller',
    rows(callerRights(READ_PATH)),
    'A caller that may subscribe to `_INBOX.>` sees the answers to all other callers. Where that matters, give each caller an inbox of its own: `--caller <public key>=<inbox>` here, `inboxPrefix` of [the client](client.md) or of its NATS connection there, `--inbox` of `call` and `watch`. Then only its user may listen below it.',
    'A caller must not publish on `<reqtopic>.control`, below it, or on the subjects of readings: readers would take it for the driver.',
    '## A reader of readings',
    rows(readerRights(READINGS, '<durable>')),
    'Live readings need the first line alone. Reading the stream goes through one durable consumer; several readers need several names. The right to create it covers one name and one filter, but the server does not look into its settings: who creates a consumer may have the readings sent to any subject. For a reader that is not trusted with that, create the consumer by hand (`nats consumer add`) and leave out the line `CONSUMER.CREATE`.',
    '## No allow_responses',
    'Do not give the driver `allow_responses` in place of `_INBOX.>`:',
    [
      '- It lets the driver publish on **whatever reply subject a caller names**, also where nobody gave it a right. A request with the reply subject `$JS.API.STREAM.PURGE.READINGS` would have the server take the answer for an order to empty the stream, in the name of the driver. The driver refuses such subjects itself; the server should not depend on it.',
      '- It is made for one reply: with `allow_responses: true` the server takes one message for each request, and drops the others of an answer in several messages.',
    ].join('\n'),
    'For the same reason the driver has no right to `$JS.API.>` or `>`, but to the few subjects above.',
  ]);
}
