/** Lines of the log as messages: whole, bounded, and never by way of themselves. */
import { describe, expect, it } from 'vitest';
import { logSchema, type LogMessage } from '../../../src/contract/telemetry.ts';
import { LogTopic, logMessage } from '../../../src/telemetry/log-topic.ts';

const identity = { driverid: 'd', instance: 'i', version: '1.0.0', reqtopic: 'a.b' };
const time = '2026-01-31T08:00:00.000Z';
const line = (parts: object) => `${JSON.stringify({ level: 'info', time, instance: 'i', msg: 'said', ...parts })}\n`;

describe('a line', () => {
  it('keeps its time, level, text and facts', () => {
    const message = logMessage(line({ id: '7', err: { type: 'Error', message: 'x' } }), identity);
    expect(logSchema.parse(message)).toEqual({
      ...{ kind: 'log', schema: 1, driver: 'iota-seeqdrv', type: 'seeq', time },
      ...identity,
      ...{ level: 'info', message: 'said', facts: { id: '7', err: { type: 'Error', message: 'x' } } },
    });
    expect(logMessage(line({}), { ...identity, driverid: undefined })).toMatchObject({ driverid: null });
    expect(logMessage(line({}), identity)).not.toHaveProperty('facts');
  });

  it.each(['{"level":"odd","msg":"x"}', '{"level":30,"msg":"x"}', '{}'])(
    'that is not of this log is none: %s',
    (text) => {
      expect(logMessage(text, identity)).toBeUndefined();
    },
  );
});

describe('the topic', () => {
  it('publishes nothing before it is attached, and each line afterwards', () => {
    const topic = new LogTopic(identity);
    const published: LogMessage[] = [];
    topic.write(line({ msg: 'early' }));
    topic.attach((message) => published.push(message));
    topic.write(line({ msg: 'one' }));
    topic.write('no JSON');
    topic.write(line({ msg: 'two' }));
    expect(published.map(({ message }) => message)).toEqual(['one', 'two']);
  });

  it('drops what is logged while it publishes, and lives through a failure', () => {
    const topic = new LogTopic(identity);
    const published: string[] = [];
    topic.attach(({ message }) => {
      published.push(message);
      topic.write(line({ msg: 'recursive' }));
      if (message === 'bad') throw new Error('refused');
    });
    for (const msg of ['one', 'bad', 'two']) topic.write(line({ msg }));
    expect(published).toEqual(['one', 'bad', 'two']);
  });
});
