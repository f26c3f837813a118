/** `check` on set-ups in which a right of the driver's user is missing, or the stream for readings is wrong. */
import { RetentionPolicy } from 'nats';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { NatsUser } from '../../support/nats/index.ts';
import { natsForTest, verify, type BrokenSetUp } from './broken.ts';
import { addStream, ADMIN, natsOptions, startSetUp, TOPIC, type Draft, type SetUp } from './set-up.ts';

let setUp: SetUp;
beforeAll(async () => {
  setUp = await startSetUp();
});
afterAll(() => setUp.stop());

/** A server that gives the driver's user all rights but one. */
async function without(operation: 'publish' | 'subscribe', subject: string, draft: Draft): Promise<Draft> {
  const { authority, key } = setUp.parts;
  const options = await natsOptions(authority, key, draft);
  const [{ publicKey, permissions }] = options.users as [NatsUser];
  const allow = permissions?.[operation]?.allow?.filter((one) => one !== subject);
  const user = { publicKey, permissions: { ...permissions, [operation]: { allow } } };
  const nats = await natsForTest({ ...options, users: [user, ADMIN] });
  await addStream(nats, authority);
  draft.natsurl = `localhost:${nats.port}`;
  return draft;
}

const SERVER = 'NATS server';

const right = (operation: 'publish' | 'subscribe', subject: string, more: Partial<BrokenSetUp> = {}): BrokenSetUp => ({
  name: `no right to ${operation} on ${subject}`,
  break: (draft) => without(operation, subject, draft),
  ...{ group: 'NATS user', part: `right to ${operation}`, item: subject, reason: 'permission' },
  cause: operation === 'publish' ? /does not allow the driver's user to publish on/ : /a subscription to/,
  remedy: new RegExp(`"${subject.replace(/[.*$]/g, '\\$&')}"\\. Give the user this permission`),
  dependents: [SERVER],
  ...more,
});

/** A server of its own, whose stream for readings is made so; without one for undefined. */
const stream = (
  name: string,
  changes: object | undefined,
  expected: Pick<BrokenSetUp, 'cause' | 'remedy'> & Partial<BrokenSetUp>,
): BrokenSetUp => ({
  name,
  break: async (draft) => {
    const { authority, key } = setUp.parts;
    const nats = await natsForTest(await natsOptions(authority, key, draft));
    if (changes !== undefined) await addStream(nats, authority, changes);
    draft.natsurl = `localhost:${nats.port}`;
    return draft;
  },
  ...{ group: 'NATS stream', part: 'stream', reason: 'unavailable', dependents: [SERVER] },
  ...expected,
});

const TABLE: BrokenSetUp[] = [
  right('subscribe', TOPIC),
  right('subscribe', `${TOPIC}.control`),
  // Without it replies do not arrive, those about the stream neither.
  right('subscribe', `${TOPIC}.control.>`, { dependents: [SERVER, 'NATS stream', 'Driver'] }),
  right('subscribe', '$SRV.*', {
    mark: 'warning',
    ...{ cause: /may not subscribe to "\$SRV\.\*"/, remedy: /NATS service discovery does not find it/ },
  }),
  right('publish', '_INBOX.>'),
  right('publish', `${TOPIC}.control`),
  right('publish', 'site.seeq.health'),
  right('publish', 'iota.readings.>'),
  right('publish', '$JS.API.STREAM.INFO.READINGS', { dependents: [SERVER, 'NATS stream'] }),
  stream('no stream for readings', undefined, {
    reason: 'missing',
    ...{ cause: /Stream "READINGS" does not exist/, remedy: /nats stream add READINGS --subjects='iota\.readings\.>/ },
  }),
  {
    ...stream('no stream for readings, which the driver may create', undefined, {
      ...{ reason: 'missing', mark: 'warning' },
      ...{ cause: /does not exist yet/, remedy: /The driver creates it/ },
    }),
    break: async (draft) => {
      const created = {
        ...draft,
        settings: { ...draft.settings, ingest: { ...draft.settings.ingest, stream: { create: true } } },
      };
      const { port } = await natsForTest(await natsOptions(setUp.parts.authority, setUp.parts.key, created));
      return { ...created, natsurl: `localhost:${port}` };
    },
  },
  stream(
    'a stream for other subjects',
    { subjects: ['iota.readings.>'] },
    {
      ...{ cause: /does not accept iota\.deadletters\.>/, remedy: /Add this to its subjects/ },
    },
  ),
  stream(
    'a stream that acknowledges nothing',
    { no_ack: true },
    {
      ...{ cause: /acknowledges no messages \(no_ack\)/, remedy: /Turn no_ack off/ },
    },
  ),
  stream(
    'a stream that deletes what was read',
    { retention: RetentionPolicy.Workqueue },
    {
      ...{ cause: /has retention "workqueue"/, remedy: /Set it to "limits"/ },
    },
  ),
  stream(
    'a short duplicate window',
    { duplicate_window: 1_000_000_000 },
    {
      ...{ mark: 'warning', reason: 'degraded' },
      ...{ cause: /recognizes repeated messages for 1000 ms only/, remedy: /Raise its duplicate window/ },
    },
  ),
  {
    ...stream('no JetStream', undefined, { cause: /has no JetStream/, remedy: /enable it there/ }),
    break: async (draft) => {
      const options = await natsOptions(setUp.parts.authority, setUp.parts.key, draft);
      const { port } = await natsForTest({ ...options, jetstream: false });
      draft.natsurl = `localhost:${port}`;
      return draft;
    },
  },
];

describe('check finds', () => {
  it.each(TABLE)('$name', (broken) => verify(broken, setUp));
});
