import { describe, expect, it } from 'vitest';
import { good, load, problem, problems, server } from '../../support/config.ts';

describe('a value from the environment', () => {
  it('replaces the one of the file, or stands alone', async () => {
    const { config } = await load(good({}, { bus: { queue: 'file' } }), {
      env: {
        IOTA_SEEQDRV__natsurl: 'other.example.com:4222',
        IOTA_SEEQDRV__settings__bus__tls__first: 'true',
        IOTA_SEEQDRV__settings__bus__queue: '007',
        IOTA_SEEQDRV__settings__limits__searchLimit: '500',
        IOTA_SEEQDRV__healthtopic: 'iota.health',
        // Ignored, as an empty value of a key at the top is.
        IOTA_SEEQDRV__metricstopic: '',
        IOTA_SEEQDRV_OTHER: 'x',
      },
    });
    expect(config.bus).toMatchObject({
      addresses: [{ host: 'other.example.com', port: 4222 }],
      tls: { first: true },
      queue: '007',
    });
    expect([config.limits.searchLimit, config.healthtopic, config.metricstopic]).toEqual([
      500,
      'iota.health',
      undefined,
    ]);
  });

  it('can be an entry of a list, a part of one, or a whole object', async () => {
    const { config } = await load(good(), {
      env: {
        IOTA_SEEQDRV__settings__servers__0__url: 'https://other.example.com',
        IOTA_SEEQDRV__settings__servers__1: JSON.stringify(server({ name: 'plant-b' })),
        IOTA_SEEQDRV__settings__servers__1__name: 'plant-c',
        IOTA_SEEQDRV__settings__servers__2__name: 'plant-d',
        IOTA_SEEQDRV__settings__servers__2__url: 'https://d.example.com',
        IOTA_SEEQDRV__settings__servers__2__credentials__user: 'someone',
        IOTA_SEEQDRV__settings__servers__2__credentials__password__env: 'SEEQ_PASSWORD',
      },
    });
    expect(config.servers.map(({ name, url }) => [name, url])).toEqual([
      ['plant-a', 'https://other.example.com'],
      ['plant-c', 'https://seeq.example.com'],
      ['plant-d', 'https://d.example.com'],
    ]);
  });

  it.each([
    ['IOTA_SEEQDRV__settings__buss__queue', /no key of settings: "buss" is not known; did you mean "bus"\?/],
    ['IOTA_SEEQDRV__natsUrl', /no key of the configuration: "natsUrl" .*did you mean "natsurl"\?/],
    ['IOTA_SEEQDRV__settings__bus__queue__x', /no key of settings\.bus\.queue: "x"/],
    ['IOTA_SEEQDRV__settings__servers__first__url', /number of an entry of settings\.servers, from 0, not "first"/],
    ['IOTA_SEEQDRV__settings__servers__5__url', /names entry 5 of settings\.servers, which has 1; the next one is 1/],
    ['IOTA_SEEQDRV__settings__constructor__x', /"constructor" is not known/],
    ['IOTA_SEEQDRV__', /"" is not known/],
  ])('with the name %s is refused', async (variable, message) => {
    const { path, message: text } = await problem(good(), { env: { [variable]: 'x' } });
    expect([path, text]).toEqual([variable, expect.stringMatching(message)]);
  });

  it('is named in the problem that it causes', async () => {
    const variable = 'IOTA_SEEQDRV__settings__limits__searchLimit';
    expect(await problems(good(), { env: { [variable]: 'many' } })).toEqual([
      {
        path: `settings.limits.searchLimit (variable ${variable})`,
        message: 'must be a whole number without quotes, not a string',
        value: '"many"',
      },
    ]);
  });

  it('is not printed if it may be a secret', async () => {
    const found = await problem(good(), {
      env: { IOTA_SEEQDRV__settings__servers__0__credentials__password: 'hunter2' },
    });
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });
});

describe('comments', () => {
  it('are allowed, and keep the location of everything else', async () => {
    const text = JSON.stringify(good(), undefined, 2);
    const commented = `// the driver\n/* of\n site a */\n${text.replace('{', '{ // begins')}`;
    expect((await load(commented)).config.reqtopic).toBe('us-east-1.site-a.seeq.request');
    expect(
      (await load(text.replace('mon.example.com:443', 'tls://mon.example.com/'))).config.bus.addresses,
    ).toHaveLength(1);
    const { message } = await problem('// one\n{ /* two */ "a" 1 }');
    expect(message).toMatch(/line 2, column 18: a colon is missing/);
  });
});
