/**
 * `settings.ingest.egress[]`: publishes readings from the bus to products of an I3 marketplace, for a seller. It is a
 * separate list from `i3[]` because a broker keeps one connection for each client id: a seller logs in as a device and
 * must continue when a buyer is refused, and each has its own status and metrics.
 */
import { z } from 'zod';
import { whole } from '../../config/fields.ts';
import type { Resolved } from '../../config/references.ts';
import { rule } from '../../config/rules.ts';
import { reportRepeated } from '../../config/uniqueness.ts';
import { connectionRule } from '../../mqtt/config.ts';
import { accountRule, i3AccountKeys, productProblem, warnOfOtherHub } from '../feeds/i3/account-config.ts';

/** Subjects of the bus. `*` and `>` are allowed. */
const subjectPattern = () =>
  z.string().superRefine((text, context) => {
    const problem = patternProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

function patternProblem(text: string): string | undefined {
  if (/\s/u.test(text) || /\p{Cc}/u.test(text) || !text.isWellFormed()) {
    return 'must hold no spaces, line breaks or control characters';
  }
  if (text.length > 255) return 'must have at most 255 characters';
  const tokens = text.split('.');
  if (tokens.includes('')) return 'must have no empty part: no dot at its start or end, no two dots in a row';
  for (const [at, token] of tokens.entries()) {
    if (token === '*' || (token === '>' && at === tokens.length - 1)) continue;
    if (/[*>]/.test(token)) return 'must have * only as a whole part, and > only as the whole last part';
  }
  return undefined;
}

const productTopic = () =>
  z.string().superRefine((text, context) => {
    const problem =
      productProblem(text) ?? (/[+#]/.test(text) ? 'must hold no + or #: one publishes to one topic' : undefined);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

const publishSchema = z.strictObject({
  subject: subjectPattern().describe(
    'Which readings: a subject below `<prefix>.readings.`, wildcards allowed, for example `iota.readings.mqtt.hall.>`.',
  ),
  topic: productTopic().describe(
    'Full topic of the product, `user/hub/product`. The marketplace lets a device publish to the products of its own hub; it drops other messages without a notice, so check the page of the product if buyers receive nothing.',
  ),
  qos: z
    .literal([0, 1])
    .default(1)
    .describe('Quality of service. With 0 the broker does not acknowledge a message, and it MAY BE LOST.'),
  payload: z
    .enum(['value', 'reading'])
    .default('reading')
    .describe(
      '`value`: the plain value as text; a reading without a value is omitted. `reading`: the whole reading as JSON, as on the bus.',
    ),
  from: z
    .enum(['new', 'all'])
    .default('new')
    .describe(
      'Where the first start begins: with new readings only, or with all readings in the stream. Later starts continue at the same position.',
    ),
  durable: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, { message: 'must be 1 to 64 letters, digits, - or _' })
    .optional()
    .describe(
      'Name of the durable consumer at the stream, which stores the position. By default derived from the name of the connection, `subject` and `topic`, so that a changed entry begins again.',
    ),
});

/** An entry of `publish`. */
export type PublishConfig = z.output<typeof publishSchema>;

export const egressSchema = z
  .strictObject({
    ...i3AccountKeys,
    inFlight: whole(1, 1000)
      .default(32)
      .describe('Readings of one entry of `publish` that wait for the acknowledgement of the broker at once.'),
    ackWaitMs: whole(1000, 3_600_000)
      .default(30_000)
      .describe(
        'Time after which the stream delivers unacknowledged readings again after a driver has crashed, in milliseconds. Another driver continues no sooner than that.',
      ),
    publish: z.array(publishSchema).min(1).max(100).describe('What is published on which topic, at least one entry.'),
  })
  .check(
    connectionRule(),
    accountRule(),
    rule(['user', 'publish'], ({ user, publish }, report) => {
      for (const [at, { topic }] of publish.entries()) warnOfOtherHub(user, topic, ['publish', at, 'topic'], report);
    }),
    rule(['publish'], ({ publish }, report) => {
      // The default name of a consumer is derived from subject and topic.
      const derived = publish.flatMap(({ durable, subject, topic }, at) =>
        durable === undefined ? [{ key: JSON.stringify([subject, topic]), path: ['publish', at, 'durable'], at }] : [],
      );
      reportRepeated(
        derived,
        report,
        ({ at }) =>
          `must be given: subject and topic are the same as those of ${report.at('publish', at)}, and so is the name that is made of them`,
      );
    }),
  );

/** A configured seller connection. Its secrets and certificates are read again for every use. */
export type EgressConfig = Resolved<z.output<typeof egressSchema>>;
