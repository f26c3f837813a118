/** `iota-seeqdrv map`: a mapping tried on a sample, as it would stand on the bus. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { deadLetterSchema, readingSchema } from '../../../src/contract/reading.ts';
import { good, pair, server } from '../../support/config.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seeqdrv-map-'));
});
afterEach(() => rm(folder, { recursive: true }));

const RECEIVED = ['--received', '2026-03-01T12:00:00Z'];

async function write(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** Runs the command and keeps what it prints. */
async function map(args: readonly string[], piped: string | Uint8Array = '') {
  const out: string[] = [];
  const err: string[] = [];
  const input = (async function* () {
    yield typeof piped === 'string' ? new TextEncoder().encode(piped) : piped;
  })();
  const env = { SEEQ_PASSWORD: 'pass-77aa01', MQTT_PASSWORD: 'secret-of-the-broker' };
  const terminal = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), env, input };
  const code = await runProgram(['map', ...args], terminal);
  return { code, messages: out.map((text) => JSON.parse(text) as Message), err: err.join('\n'), out: out.join('\n') };
}

interface Message {
  readonly subject: string;
  readonly id: string;
  readonly body: unknown;
}

const ENTRY = {
  filter: 'plant/+/+',
  pattern: 'plant/{area}/{device}',
  name: '{device} {field}',
  values: [
    { field: 't', path: '$.t', type: 'number', unit: '°C' },
    { field: 'h', path: '$.h' },
  ],
};

/** A configuration with several connections. */
async function config(): Promise<string> {
  await write('privatekey.nk', pair.seed);
  const credentials = { user: 'driver', password: { env: 'MQTT_PASSWORD' } };
  const mqtt = (name: string, topics: unknown) => ({
    ...{ name, url: 'mqtts://broker.example.com', clientId: `driver-${name}`, credentials, topics },
  });
  return write(
    'iota.seeqdrv.json',
    good(
      {},
      {
        servers: [server({ credentials: { user: 'driver', password: { env: 'SEEQ_PASSWORD' } } })],
        ingest: {
          prefix: 'site-a',
          times: { aheadMs: 0 },
          mqtt: [
            mqtt('hall', [{ filter: 'other/#' }, ENTRY]),
            mqtt('yard', [{ filter: '#', payload: 'number' }]),
            mqtt('usc', [{ filter: '#', payload: 'text' }]),
          ],
          i3: [
            {
              ...{ name: 'usc', url: 'mqtts://i3.example.com', user: 'buyer' },
              credentials: { password: { env: 'MQTT_PASSWORD' } },
              products: [{ topic: 'user/hub/product', payload: 'number' }],
            },
          ],
        },
      },
    ),
  );
}

describe('map', () => {
  it('shows the readings as they would stand on the bus', async () => {
    const mapping = await write('entry.json', ENTRY);
    const args = ['-m', mapping, '-t', 'plant/north/d.1', '-p', '{"t":"21.5","h":40}', ...RECEIVED];
    const { code, messages, err } = await map(args);
    expect(code).toBe(0);
    expect(messages.map(({ subject }) => subject)).toEqual([
      'iota.readings.mqtt.example.plant.north.d%2E1.#t',
      'iota.readings.mqtt.example.plant.north.d%2E1.#h',
    ]);
    expect(readingSchema.parse(messages[0]?.body)).toEqual({
      fqn: 'mqtt:example/signal/plant%2Fnorth%2Fd.1%23t',
      source: 'mqtt:example',
      name: 'd.1 t',
      time: '2026-03-01T12:00:00Z',
      value: 21.5,
      unit: '°C',
      status: 'Good',
      received: '2026-03-01T12:00:00Z',
      attributes: { area: 'north', device: 'd.1' },
    });
    expect(messages[0]?.id).toMatch(/^mqtt:example\/signal\/plant%2Fnorth%2Fd\.1%23t@2026-03-01T12:00:00Z#/);
    expect(err).toContain('entry.json takes the topic, filter "plant/+/+"');
    expect(err).toContain('2 readings, 0 dead letters');
    // The same message comes to the same ids.
    expect((await map(args)).messages).toEqual(messages);
  });

  it('shows dead letters with their reasons, and exits with code 1', async () => {
    const mapping = await write('entry.json', ENTRY);
    const { code, messages, err } = await map(['-m', mapping, '-t', 'plant/a/b', '-p', '{"t":21.5}', ...RECEIVED]);
    expect(code).toBe(1);
    expect(messages.map(({ subject }) => subject)).toEqual([
      'iota.readings.mqtt.example.plant.a.b.#t',
      'iota.deadletters.mqtt.example',
    ]);
    expect(deadLetterSchema.parse(messages[1]?.body)).toMatchObject({ code: 'missingValue', source: 'mqtt:example' });
    expect(err).toContain('dead letter, missingValue: There is nothing at $.h. (field "h", path "$.h")');
    expect(err).toContain('1 reading, 1 dead letter');
  });

  it('takes the payload from a file or from standard input, whatever bytes it has', async () => {
    const mapping = await write('entries.json', [{ filter: 'a', payload: 'text' }, { filter: 'b' }]);
    const file = await write('payload', 'grün\n');
    const fromFile = await map(['-m', mapping, '-t', 'a', '-f', file]);
    expect(fromFile.messages[0]?.body).toMatchObject({ value: 'grün\n' });
    const piped = await map(['-m', mapping, '-t', 'b'], '21.5\n');
    expect(piped.messages[0]?.body).toMatchObject({ value: 21.5 });
    expect(piped.err).toContain('entries.json[1] takes the topic');
    const broken = await map(['-m', mapping, '-t', 'a'], Uint8Array.from([0xff]));
    expect([broken.code, broken.messages[0]?.body]).toEqual([1, expect.objectContaining({ code: 'notUtf8' })]);
    expect((await map(['-m', mapping, '-t', 'c', '-p', ''])).err).toContain('noMapping');
  });

  it('knows kept messages, and topics that fit no subject', async () => {
    const mapping = await write('entry.json', { filter: '#', payload: 'number' });
    const { messages } = await map(['-m', mapping, '-t', 'a', '-p', '1', '--retained', '--broker', 'hall 3']);
    expect(messages[0]?.subject).toBe('iota.readings.mqtt.hall%203.a');
    expect(messages[0]?.body).toMatchObject({ status: 'Questionable', attributes: { retained: true } });
    for (const characters of [1000, 2000]) {
      const long = await map(['-m', mapping, '-t', 'x'.repeat(characters), '-p', '1']);
      expect([long.code, long.messages.length]).toEqual([1, 1]);
      expect(long.messages[0]?.body).toMatchObject({ code: 'badName' });
    }
  });

  it('prints each message in a line if asked to', async () => {
    const mapping = await write('entry.json', ENTRY);
    const args = ['-m', mapping, '-t', 'plant/a/b', '-p', '{"t":1,"h":2}'];
    expect((await map([...args, '--compact'])).out.split('\n')).toHaveLength(2);
    expect((await map(args)).out.split('\n').length).toBeGreaterThan(10);
  });

  it('takes mapping, prefix and limits from the configuration', async () => {
    const path = await config();
    const payload = '{"t":1,"h":2}';
    const { code, messages, err } = await map(['-c', path, '-b', 'hall', '-t', 'plant/a/b', '-p', payload]);
    expect([code, messages[0]?.subject]).toEqual([0, 'site-a.readings.mqtt.hall.plant.a.b.#t']);
    expect(err).toContain('settings.ingest.mqtt[0].topics[1] takes the topic');
    const i3 = await map(['-c', path, '-b', 'usc', '-k', 'i3', '-t', 'user/hub/product', '-p', '1']);
    expect([i3.code, i3.messages[0]?.subject]).toEqual([0, 'site-a.readings.i3.usc.user.hub.product']);
    expect(i3.err).toContain('settings.ingest.i3[0].products[0] takes the topic');
    expect(JSON.stringify([messages, err, i3])).not.toContain('secret-of-the-broker');
  });

  it('asks which connection is meant', async () => {
    const path = await config();
    const several = await map(['-c', path, '-t', 'a', '-p', '1']);
    expect([several.code, several.err]).toEqual([2, expect.stringContaining('mqtt "hall", mqtt "yard", mqtt "usc"')]);
    const both = await map(['-c', path, '-b', 'usc', '-t', 'a', '-p', '1']);
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('--kind: mqtt "usc", i3 "usc"')]);
    const none = await map(['-c', path, '-b', 'barn', '-t', 'a', '-p', '1']);
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('No connection fits')]);
    expect(none.out).toBe('');
  });

  it.each<[string, string[], string]>([
    ['no topic', ['-p', '1'], '--topic'],
    ['two payloads', ['-t', 'a', '-p', '1', '-f', 'x'], 'cannot be used with'],
    ['two mappings', ['-t', 'a', '-p', '1', '-m', 'x', '-c', 'y'], 'cannot be used with'],
    ['a kind that has no mapping', ['-t', 'a', '-p', '1', '-k', 'seneye'], 'Allowed choices'],
    ['a time without an offset', ['-t', 'a', '-p', '1', '--received', '2026-03-01T12:00:00'], 'ISO 8601'],
    ['a mapping that is not there', ['-t', 'a', '-p', '1', '-m', '/nowhere/x.json'], 'cannot be read'],
    ['no configuration', ['-t', 'a', '-p', '1', '-c', '/nowhere/x.json'], '/nowhere/x.json'],
  ])('refuses %s with exit code 2', async (_what, args, message) => {
    const { code, err, out } = await map(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });

  it.each<[string, string, string]>([
    ['is no JSON', '{"filter":', 'no valid JSON: line 1'],
    ['has a key twice', '{"filter":"a","filter":"b"}', 'occurs twice'],
    ['is no entry', '{"filter":"a/#/b"}', 'filter: must have # only as the last level'],
    [
      'is a list with a bad entry',
      '[{"filter":"a"},{"filter":"b","values":[{"path":"t"}]}]',
      '[1].values[0].path: must',
    ],
    ['is nothing of that', '7', 'must be an object, not a number'],
    ['has a slip in a key', '{"filter":"a","vlaues":[]}', 'vlaues: is not a known key; did you mean "values"?'],
    ['lacks its filter', '[{}]', '[0].filter: is missing. MQTT topic filter'],
    [
      'has another kind of payload',
      '{"filter":"a","payload":"xml"}',
      'payload: must be "json", "text" or "number", not "xml"',
    ],
  ])('refuses a mapping that %s', async (_what, text, message) => {
    const mapping = await write('entry.json', text);
    const { code, err, out } = await map(['-m', mapping, '-t', 'a', '-p', '1']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });

  it('refuses a payload that cannot be read', async () => {
    const mapping = await write('entry.json', ENTRY);
    const { code, err } = await map(['-m', mapping, '-t', 'plant/a/b', '-f', join(folder, 'none')]);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/The payload cannot be read: the file .*none does not exist\./),
    ]);
  });
});
