import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_FILE } from '../../../src/config/file-names.ts';
import { loadConfig } from '../../../src/app/configuration.ts';
import { good, load, pair, secrets, server } from '../../support/config.ts';

describe('a good configuration', () => {
  it('has every default that is documented', async () => {
    const { config, warnings, path } = await load(good());
    expect(path).toBe('/etc/driver/iota.seeqdrv.json');
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      debug: 0,
      metricsmsec: 30_000,
      healthmsec: 10_000,
      enablemetrics: true,
      limits: {
        itemsPerRequest: 5000,
        samplesPerItem: 1_000_000,
        plottedRawSamples: 500_000,
        rangeDays: 3660,
        searchLimit: 10_000,
        pageSamples: 10_000,
        requestBytes: 1_048_576,
        defaultTimeoutMs: 30_000,
        maxTimeoutMs: 300_000,
        concurrentRequests: 256,
        drainTimeoutMs: 20_000,
      },
      bus: {
        encrypted: true,
        tls: { first: false },
        queue: 'iota-seeqdrv',
        chunkBytes: 524_288,
        inFlightBytes: 8_388_608,
        pingIntervalMs: 15_000,
        addresses: [{ host: 'mon.example.com', port: 443, scheme: 'tls' }],
      },
      servers: [
        {
          name: 'plant-a',
          url: 'https://seeq.example.com',
          tls: { insecureSkipVerify: false },
          concurrency: 8,
          connectTimeoutMs: 5000,
          requestTimeoutMs: 60_000,
          queueLimit: 10_000,
        },
      ],
    });
    expect(await config.bus.seed.reveal()).toBe(pair.seed);
  });

  it('takes the secrets from files beside it and from the environment', async () => {
    const { config } = await load(good());
    const credentials = config.servers[0]?.credentials;
    expect(await credentials?.accessKey?.reveal()).toBe(secrets.accessKey);
    expect(await credentials?.password.reveal()).toBe(secrets.file);
  });

  it('takes a user as text or as a secret, with a directory', async () => {
    const password = { env: 'SEEQ_PASSWORD' };
    const { config } = await load(
      good(
        {},
        {
          servers: [
            server({ name: 'a', credentials: { user: 'driver', password } }),
            server({ name: 'b', credentials: { user: { env: 'SEEQ_KEY' }, password, directory: 'Windows' } }),
          ],
        },
      ),
    );
    const users = await Promise.all(
      config.servers.map(async ({ credentials }) =>
        typeof credentials.user === 'object' ? await credentials.user.reveal() : credentials.user,
      ),
    );
    expect(users).toEqual(['driver', secrets.accessKey]);
  });

  it('accepts everything that the sample files of IOTA hold', async () => {
    const { config, warnings } = await load(
      good({
        driverid: 'seeq-demo',
        debug: 3,
        statstopic: 'us-east-1.site-demo.stats',
        logstopic: 'us-east-1.site-demo.seeq.logs',
        metricstopic: 'us-east-1.site-demo.metrics',
        metricsmsec: 30_000,
        healthtopic: 'iota.health',
        healthmsec: 10_000,
        enablemetrics: true,
        logfilecount: 10,
        logfilesize: 2_097_152,
        logscanmsec: 10_000,
      }),
    );
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({ driverid: 'seeq-demo', debug: 3, healthtopic: 'iota.health', logfilecount: 10 });
  });

  it('takes null and an empty text of an optional key as absent, as IOTA documents its defaults', async () => {
    const { config } = await load(good({ driverid: null, statstopic: '', metricsmsec: null }));
    expect(config.driverid).toBeUndefined();
    expect(config.statstopic).toBeUndefined();
    expect(config.metricsmsec).toBe(30_000);
  });

  it('only warns of unknown keys at the top, and guesses what was meant', async () => {
    const { warnings } = await load(good({ pythondll: 'python3.dll', statsTopic: 'a.b' }));
    expect(warnings.map(({ path }) => path)).toEqual(['pythondll', 'statsTopic']);
    expect(warnings[1]?.message).toMatch(/ignored; did you mean "statstopic"/);
  });

  it('warns of what is odd though usable', async () => {
    const { warnings } = await load(
      good(
        {},
        {
          servers: [server({ url: 'http://seeq.local/api', tls: { insecureSkipVerify: true } })],
          bus: { insecure: true },
        },
      ),
    );
    expect(warnings.map(({ path }) => path)).toEqual([
      'settings.servers[0].url',
      'settings.servers[0].url',
      'settings.servers[0].tls.insecureSkipVerify',
      'settings.bus.insecure',
    ]);
  });

  it('prints no secret, however it is printed', async () => {
    const { config } = await load(good());
    const { inspect } = await import('node:util');
    const texts = [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true }), String(config.bus.seed)];
    for (const text of texts) {
      for (const secret of [...Object.values(secrets), pair.seed]) expect(text).not.toContain(secret);
    }
    expect(texts[0]).toContain('[secret]');
  });
});

describe('where the file is looked for', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seeqdrv-config-'));
    const credentials = { user: 'driver', password: { env: 'P' } };
    await writeFile(join(folder, CONFIG_FILE), JSON.stringify(good({}, { servers: [server({ credentials })] })));
    await writeFile(join(folder, 'privatekey.nk'), pair.seed);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is the variable, where no path is given', async () => {
    const path = join(folder, CONFIG_FILE);
    expect((await loadConfig({ env: { IOTA_SEEQDRV_CONFIG: path, P: 'x' } })).path).toBe(path);
  });

  it('is the path that is given, whatever the variable says', async () => {
    const path = join(folder, CONFIG_FILE);
    expect((await loadConfig({ path, env: { IOTA_SEEQDRV_CONFIG: '/nowhere', P: 'x' } })).path).toBe(path);
  });

  it('is else the working directory', async () => {
    await expect(loadConfig({ env: { IOTA_SEEQDRV_CONFIG: '' } })).rejects.toThrow(
      `${join(process.cwd(), CONFIG_FILE)} does not exist; name another with --config or the variable IOTA_SEEQDRV_CONFIG`,
    );
  });
});
