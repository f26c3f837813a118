/** The mapping of MQTT messages: one entry of `topics`, from the filter to the values in the payload. */
import { z } from 'zod';
import { isTimeZone } from '../../lib/time-zone.ts';
import { plainName, silence, whole } from '../../config/fields.ts';
import { covers, filterProblem, overlap } from '../../mqtt/topic-filter.ts';
import { MOST_COMPARED, reportUnreachable } from '../../mqtt/config.ts';
import { listRule, type Report } from '../../config/rules.ts';
import { checkMapping } from './config-rules.ts';
import { PathError, parsePath } from './json/json-path.ts';

/** A display text: no control characters, no unpaired surrogates. */
const plain = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .refine((text) => !/\p{Cc}/u.test(text) && text.isWellFormed(), {
      message: 'must hold no line breaks or control characters',
    });

/** A JSONPath or a JSON Pointer. */
const jsonPath = () =>
  z
    .string()
    .min(1)
    .max(1024)
    .superRefine((text, context) => {
      try {
        parsePath(text);
      } catch (error) {
        if (!(error instanceof PathError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
      }
    });

/** An MQTT topic filter. */
export const topicFilter = () =>
  z.string().superRefine((text, context) => {
    const problem = filterProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

/** One value in a payload. */
export const valueSchema = z.strictObject({
  field: plain(256)
    .optional()
    .describe(
      'Permanent name of the value: it becomes part of the FQN. Needed if a payload has several values. With a `path` that has wildcards, `{location}` is replaced by the member name or position that was found, and is the default.',
    ),
  path: jsonPath()
    .optional()
    .describe(
      'Path of the value in the record: a JSONPath (RFC 9535) such as `$.temperature`, or a JSON Pointer such as `/temperature`. With wildcards each location that is found becomes a separate reading.',
    ),
  type: z
    .enum(['auto', 'number', 'text', 'boolean'])
    .default('auto')
    .describe(
      '`auto`: the JSON type, a text stays a text; with `scale` or `offset` the same as `number`. `number`: also from text such as `"21.5"`. `boolean`: also 1, 0 and the texts true, false, on, off, yes, no. `text`: a number is converted to text. A text that cannot be read as this type becomes `Bad Data`. A whole number beyond 2^53, written in digits alone, is kept as text, because a number is rounded; with a point or an exponent it is a number.',
    ),
  unit: plain(64).optional().describe('Unit of the value.'),
  unitPath: jsonPath().optional().describe('Path of the unit in the record; `unit` is used if it is absent.'),
  states: z
    .record(z.string().min(1).max(256), plain(256))
    .refine((states) => Object.keys(states).length > 0, { message: 'must name a state, or be left out' })
    .optional()
    .describe('Names of states, for example `{"0": "OFF", "1": "ON"}`. A value without a state is `Questionable`.'),
  scale: z.number().optional().describe('Factor by which a number is multiplied; calculated in decimals.'),
  offset: z.number().optional().describe('Added to the number after `scale`.'),
  optional: z
    .boolean()
    .default(false)
    .describe('Whether the value may be absent. If not, an absent value gives a dead letter.'),
});
export type ValueFile = z.output<typeof valueSchema>;

/** The time of a value. */
export const timeSchema = z.strictObject({
  path: jsonPath()
    .optional()
    .describe('Path of the time. Without it the time of a reading is the time of arrival of the message.'),
  of: z
    .enum(['record', 'message'])
    .default('record')
    .describe('Whether `path` starts at each record, or at the whole message; the same without `records`.'),
  format: z
    .enum(['auto', 's', 'ms', 'us', 'ns', 'iso'])
    .default('auto')
    .describe(
      'Seconds, milliseconds, microseconds or nanoseconds since 1970, with decimals, as numbers or as text; or ISO 8601 text. `auto` distinguishes them: numbers below 10^11 are seconds, below 10^14 milliseconds, below 10^17 microseconds.',
    ),
  timeZone: z
    .string()
    .min(1)
    .max(64)
    .refine(isTimeZone, { message: 'must be an IANA time zone such as "Europe/Berlin"' })
    .optional()
    .describe('Time zone of ISO 8601 texts without an offset. Without it such a text counts as unreadable.'),
  optional: z
    .boolean()
    .default(false)
    .describe(
      'Whether the time may be absent. If not, a reading with an absent time gets its time of arrival and is `Questionable`; so does a reading with an unreadable time.',
    ),
});
export type TimeFile = z.output<typeof timeSchema>;

/** The content of a topic's messages. Other kinds of feeds share this part of an entry. */
export const mappingKeys = {
  pattern: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe(
      'Names levels of the topic as fields: in `plant/{area}/{device}/temperature`, `{area}` is one level; `{rest...}` at the end is all further levels; `+` and `#` match levels without a field. Fields become attributes of the readings. For a topic that does not match, the next entries apply.',
    ),
  name: plain(256)
    .optional()
    .describe(
      'Name of the readings for people, for example `{area} {device} {field}`. In addition to the fields of `pattern` there are `{topic}`, `{field}` and `{key}`. Default: topic, key and field.',
    ),
  payload: z
    .enum(['json', 'text', 'number'])
    .default('json')
    .describe('Format of the payload: JSON, a text, or a text that is one number. All in UTF-8.'),
  records: jsonPath()
    .optional()
    .describe(
      'Path of the records, if a payload has several. A path to one location, such as `$.readings`, selects a list or object whose elements are the records; a path with wildcards or a filter, such as `$.readings[*]`, selects the records themselves. Without it the whole payload is one record.',
    ),
  key: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe(
      'Permanent key that distinguishes the records; part of the FQN. A path in the record, such as `$.deviceId`; or `location`: its position in the list or member name in the object; or `time`: all are of the same thing at different times.',
    ),
  values: z
    .array(valueSchema)
    .min(1)
    .max(1000)
    .optional()
    .describe('The values in each record. Without it the record itself must be the value.'),
  time: timeSchema.prefault({}).describe('When the values were measured. Default: when the message arrived.'),
  numbersAsText: z
    .boolean()
    .default(true)
    .describe('Whether a number may be a text if `type` is `number`. If not, such a value gives a dead letter.'),
  maxPayloadBytes: whole(1, 64 * 1024 * 1024)
    .default(1024 * 1024)
    .describe(
      'The largest payload that is read, in bytes; a larger one gives a dead letter. Reading 1 MiB of JSON takes up to some tenths of a second, during which the process does nothing else.',
    ),
  missing: z
    .array(z.string().max(256))
    .max(100)
    .default(['', 'null', 'None', 'NaN', 'N/A', 'Not Available'])
    .describe(
      'Texts that mean "no value"; spaces around them and letter case are ignored. The reading is `Bad Data` then, as for null.',
    ),
};

/** One entry of `topics`. */
export const topicSchema = z
  .strictObject({
    filter: topicFilter().describe(
      'MQTT topic filter: what to subscribe to. If several entries match a topic, the first one applies.',
    ),
    qos: z
      .literal([0, 1])
      .default(1)
      .describe('Quality of service. With 0 the broker sends a message once, and it MAY BE LOST.'),
    share: plainName(256)
      .refine((text) => !/[/+#]/.test(text), { message: 'must be a name without / + #' })
      .optional()
      .describe('Group of a shared subscription: each message goes to one member of the group only.'),
    silentAfterMs: silence()
      .optional()
      .describe('Time without a message after which the feed reports that the filter is silent, in milliseconds.'),
    ...mappingKeys,
  })
  .superRefine(checkMapping);

/** One entry of `topics`, with defaults. */
export type TopicFile = z.output<typeof topicSchema>;

/** A list of such entries. */
export const topicList = () =>
  z
    .array(topicSchema)
    .min(1)
    .max(10_000)
    .check(
      listRule<TopicFile>((topics, report) => {
        const valid = topics.flatMap((topic, at) => (report.isValid(at) ? [{ ...topic, at }] : []));
        reportUnreachable(valid, 'filter', report);
        warnOfOverlaps(valid, report);
      }),
    );

/**
 * Brokers deliver a message once for each matching subscription. If one filter covers the other, only that one is
 * subscribed. That is not possible if they overlap partially.
 */
function warnOfOverlaps(topics: readonly (TopicFile & { readonly at: number })[], report: Report): void {
  const wide = topics.filter(({ filter }) => /[+#]/.test(filter));
  if (wide.length > MOST_COMPARED) return;
  for (const [index, { filter, share, at }] of wide.entries()) {
    const other = wide
      .slice(0, index)
      .find(
        (one) =>
          one.share === share &&
          overlap(one.filter, filter) &&
          !covers(one.filter, filter) &&
          !covers(filter, one.filter),
      );
    if (other === undefined) continue;
    const message = `crosses ${report.at(other.at, 'filter')}: many brokers deliver a message that matches both twice, and it becomes two readings if its time is that of arrival`;
    report.warning([at, 'filter'], message);
  }
}

/** The output type of {@link mappingKeys}. */
export type MappingFile = z.output<z.ZodObject<typeof mappingKeys>>;
