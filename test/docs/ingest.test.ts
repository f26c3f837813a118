/** The examples of `docs/ingest.md` are true: configurations that load, mappings that do what is said, readings as they are. */
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { topicSchema } from '../../src/ingest/mapping/config.ts';
import { readingSchema } from '../../src/contract/reading.ts';
import { good, load } from '../support/config.ts';
import { createAuthority } from '../support/nats/certificates.ts';

const page = await readFile('docs/ingest.md', 'utf8');
const blocks = Array.from(page.matchAll(/^```json\n([\s\S]*?)^```/gm), ([, text = '']) => JSON.parse(text) as object);
const having = (key: string): object[] => blocks.filter((block) => key in block);

/** What the examples name, as an operator would have it. */
async function files(): Promise<Record<string, string>> {
  const authority = await createAuthority();
  const { certPem, keyPem } = await authority.issue(['driver'], { client: true });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const secrets = ['broker.password', 'market.password', 'city.key', 'lake.password', 'port.secret', 'port.refresh'];
  const all = {
    'broker-ca.pem': authority.caPem,
    'driver.pem': certPem,
    'driver.key': keyPem,
    'probe.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ...Object.fromEntries([...secrets, 'seneye.secret'].map((name) => [name, 'a-secret'])),
  };
  return Object.fromEntries(Object.entries(all).map(([name, text]) => [`/etc/driver/${name}`, text]));
}

describe('the examples', () => {
  it('of each feed load together, without a warning', async () => {
    const feeds = ['mqtt', 'i3', 'iotopen', 'seneye'].flatMap(having);
    expect(feeds).toHaveLength(4);
    const ingest = Object.assign({}, ...feeds) as object;
    const { warnings } = await load(good({}, { servers: [], ingest }), { files: await files() });
    expect(warnings).toEqual([]);
  });

  it('of mappings are mappings', () => {
    const mappings = having('filter');
    expect(mappings).toHaveLength(2);
    for (const mapping of mappings) topicSchema.parse(mapping);
  });

  it('of a reading keeps the contract', () => {
    const readings = having('fqn');
    expect(readings).toHaveLength(1);
    for (const reading of readings) readingSchema.parse(reading);
  });
});
