/** What the driver makes of the configuration of a Seeq server. */
import { expect, it } from 'vitest';
import { seeq } from '../../../../src/sources/seeq/kind.ts';
import { good, load, secrets, server, type Raw } from '../../../support/config.ts';
import { TestLog } from '../../../support/driver.ts';

async function opened(more: Raw) {
  const { config, warnings } = await load(good({}, { servers: [server(more)] }));
  const [entry] = config.servers;
  if (entry === undefined) throw new Error('There is no server.');
  return { entry, warnings, ...seeq.open(entry, { userAgent: 'test', pageSamples: 10, log: new TestLog() }) };
}

it.each([
  ['https://seeq.example.com/api', 'https://seeq.example.com'],
  ['https://seeq.example.com/api/', 'https://seeq.example.com'],
  ['https://proxy.example.com/seeq//API//', 'https://proxy.example.com/seeq'],
  ['https://proxy.example.com/seeq-api', 'https://proxy.example.com/seeq-api'],
  ['https://proxy.example.com/seeq/', 'https://proxy.example.com/seeq'],
])('the url %s is read as %s', async (url, root) => {
  const { source, warnings } = await opened({ url });
  expect(source.url).toBe(root);
  expect(warnings.map(({ message }) => message)).toEqual(
    /api\/*$/i.test(url) && !url.endsWith('-api')
      ? ['ends with /api, which the driver adds itself; it is ignored']
      : [],
  );
  await source.close();
});

it('has its limits and a summary without a secret', async () => {
  const { entry, source, concurrency, queueLimit } = await opened({ concurrency: 3, queueLimit: 4 });
  expect([source.scheme, source.name, concurrency, queueLimit]).toEqual(['seeq', 'plant-a', 3, 4]);
  expect(seeq.summary(entry)).toBe('https://seeq.example.com (access key)');
  const user = { user: 'driver', password: { env: 'SEEQ_PASSWORD' } };
  const other = await opened({ credentials: { ...user, directory: 'Windows' } });
  expect(seeq.summary(other.entry)).toBe('https://seeq.example.com (user of directory Windows)');
  expect(seeq.summary((await opened({ credentials: user })).entry)).toContain('directory Seeq');
  expect(JSON.stringify(other.entry)).not.toContain(secrets.password);
});
