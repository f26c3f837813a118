/** What the configuration of I3 refuses and warns of, read as a file. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { good, load, problems, type Raw } from '../../../../support/config.ts';

const buyer = (more: Raw = {}): Raw => ({
  name: 'market',
  url: 'mqtts://i3.example.com',
  user: 'bob',
  credentials: { password: { env: 'SECRET' } },
  products: [{ topic: 'ann/pond/temperature', payload: 'number' }],
  ...more,
});
const seller = (more: Raw = {}): Raw => ({
  name: 'shop',
  url: 'mqtts://i3.example.com',
  user: 'ann$pond$probe',
  credentials: { privateKey: { env: 'PRIVATE_KEY' } },
  publish: [{ subject: 'iota.readings.mqtt.hall.>', topic: 'ann/pond/ph' }],
  ...more,
});
const broker = (more: Raw = {}): Raw => ({
  name: 'hall',
  url: 'mqtts://hall.example.com',
  clientId: 'driver',
  topics: [{ filter: 'hall/#', payload: 'number' }],
  ...more,
});
const file = (ingest: Raw): Raw => good({}, { ingest });
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PRIVATE_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const surroundings = { env: { SECRET: 'secret-text', PRIVATE_KEY } };
const told = async (ingest: Raw): Promise<string[]> =>
  (await problems(file(ingest), surroundings)).map(({ path, message }) => `${path} ${message}`);
const isFine = async (ingest: Raw): Promise<void> => {
  await load(file(ingest), surroundings);
};

describe('a buyer and a seller', () => {
  it('are read with their defaults', async () => {
    const { config, warnings } = await load(file({ i3: [buyer()], egress: [seller()] }), surroundings);
    expect(warnings).toEqual([]);
    expect(config.ingest?.i3[0]).toMatchObject({
      user: 'bob',
      allowWildcards: false,
      credentials: { lifetimeSeconds: 60 },
      products: [{ qos: 1, silentAfterMs: 3_600_000 }],
    });
    expect(config.ingest?.i3[0]).not.toHaveProperty('clientId');
    expect(config.ingest?.egress[0]).toMatchObject({
      inFlight: 32,
      publish: [{ qos: 1, payload: 'reading', from: 'new' }],
    });
  });

  test.each([
    [
      'a user in the form of topics',
      buyer({ user: 'ann/pond/probe' }),
      'user must have $ between its parts where topics have /: "ann$pond$probe"',
    ],
    ['a user with a wildcard', buyer({ user: 'a+b' }), 'user must hold no / + or #'],
    ['half a device', buyer({ user: 'ann$probe' }), 'user must be the plain name of an account'],
    ['a device without a hub', buyer({ user: 'ann$$probe' }), 'user must be the plain name of an account'],
    ['a client id with a slash', buyer({ clientId: 'a/b' }), 'clientId must hold no / + or #'],
    ['no credentials', buyer({ credentials: {} }), 'credentials must hold a password or a privateKey'],
    [
      'two kinds of credentials',
      buyer({ credentials: { password: { env: 'SECRET' }, privateKey: { env: 'SECRET' } } }),
      'not both',
    ],
    [
      'an issuer without a key',
      buyer({ credentials: { password: { env: 'SECRET' }, issuer: 'x' } }),
      'issuer only goes with privateKey',
    ],
    ['a topic of two parts', buyer({ products: [{ topic: 'ann/pond' }] }), 'topic must be the full topic of a product'],
    [
      'a topic of four parts',
      buyer({ products: [{ topic: 'ann/pond/a/b' }] }),
      'topic must be the full topic of a product',
    ],
    [
      'a topic with an empty part',
      buyer({ products: [{ topic: 'ann//a' }] }),
      'topic must be the full topic of a product',
    ],
    ['a wildcard', buyer({ products: [{ topic: 'ann/pond/+' }] }), 'topic must hold no wildcard (+ or #)'],
    [
      'a product twice',
      buyer({ products: [{ topic: 'a/b/c' }, { topic: 'a/b/c' }] }),
      'is the same as that of settings.ingest.i3[0].products[0]',
    ],
    ['no products', buyer({ products: [] }), 'products'],
    ['MQTT 5', buyer({ version: '5' }), 'version'],
  ])('%s is refused', async (_name, entry, text) => {
    expect((await told({ i3: [entry] })).join('\n')).toContain(text);
  });

  test.each([
    ['a wildcard to publish to', { topic: 'ann/pond/+' }, 'topic must hold no + or #'],
    ['a subject of something else', { subject: 'other.readings.x' }, 'subject must begin with "iota.readings."'],
    ['a subject with a space', { subject: 'iota.readings.a b' }, 'subject must hold no spaces'],
    ['a subject with a star in a word', { subject: 'iota.readings.a*' }, 'must have * only as a whole part'],
    ['a subject with an empty part', { subject: 'iota.readings..a' }, 'must have no empty part'],
  ])('%s is refused', async (_name, more, text) => {
    const publish = [{ subject: 'iota.readings.mqtt.hall.>', topic: 'ann/pond/ph', ...more }];
    expect((await told({ egress: [seller({ publish })] })).join('\n')).toContain(text);
  });

  it('warn of what the marketplace advises against', async () => {
    const { warnings } = await load(
      file({ i3: [buyer({ allowWildcards: true, clientId: 'x', products: [{ topic: 'ann/pond/+' }] })] }),
      surroundings,
    );
    expect(warnings.map(({ path }) => path)).toEqual([
      'settings.ingest.i3[0].allowWildcards',
      'settings.ingest.i3[0].clientId',
    ]);
  });
});

describe('several together', () => {
  const topic = 'ann/pond/temperature';
  const selling = (more: Raw = {}): Raw => seller({ publish: [{ subject: 'iota.readings.>', topic }], ...more });

  it('do not listen to what is published, or it would return indefinitely', async () => {
    expect((await told({ i3: [buyer()], egress: [selling()] }))[0]).toContain(
      'publish[0].topic is a topic that settings.ingest.i3[0].products[0] subscribes to',
    );
    const listening = broker({
      url: 'ws://i3.example.com:9010/mqtt',
      topics: [{ filter: 'ann/#', payload: 'number' }],
    });
    expect((await told({ mqtt: [listening], egress: [selling()] }))[0]).toContain('settings.ingest.mqtt[0].topics[0]');
    await isFine({ mqtt: [broker()], i3: [buyer({ url: 'mqtts://other.example.com' })], egress: [selling()] });
    const elsewhere = seller({ url: 'mqtt://127.0.0.1:40001', publish: [{ subject: 'iota.readings.>', topic }] });
    await isFine({ i3: [buyer({ url: 'mqtt://127.0.0.1:40002' })], egress: [elsewhere] });
  });

  it('do not share a client id at one broker, a name, or a consumer', async () => {
    expect((await told({ i3: [buyer({ user: 'ann$pond$probe' })], egress: [seller()] }))[0]).toContain(
      "egress[0].clientId is the same as that of settings.ingest.i3[0] at the same broker; the two would end each other's connections",
    );
    expect((await told({ i3: [buyer(), buyer({ name: 'Market', user: 'eve' })] }))[0]).toContain(
      'i3[1].name is the same name as settings.ingest.i3[0].name',
    );
    const publish = ['ph', 'lux'].map((what) => ({
      ...{ subject: `iota.readings.mqtt.hall.${what}`, topic: `ann/pond/${what}`, durable: 'out' },
    }));
    expect((await told({ egress: [seller({ publish })] }))[0]).toContain('publish[1].durable is the same as that of');
    const [first] = publish;
    const same = { subject: first?.subject, topic: first?.topic };
    expect((await told({ egress: [seller({ publish: [same, { ...same, payload: 'value' }] })] }))[0]).toBe(
      'settings.ingest.egress[0].publish[1].durable must be given: subject and topic are the same as those of settings.ingest.egress[0].publish[0], and so is the name that is made of them',
    );
    await isFine({ egress: [seller({ publish: [same, { ...same, payload: 'value', durable: 'values' }] })] });
    await isFine({
      egress: [seller({ publish: [same] }), seller({ name: 'other', user: 'ann$pond$other', publish: [same] })],
    });
  });

  it('need a stream to sell from', async () => {
    expect((await told({ stream: { mode: 'core' }, egress: [seller()] }))[0]).toContain('mode must be jetstream');
  });
});
