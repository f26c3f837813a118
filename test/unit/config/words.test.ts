import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subjectProblem } from '../../../src/config/fields.ts';
import { nearest } from '../../../src/lib/wording/suggest.ts';
import { isAddress, parseNatsUrl } from '../../../src/config/natsurl.ts';
import { hideSecrets, shownValue } from '../../../src/lib/wording/shown-value.ts';
import { configSchema } from '../../../src/app/configuration.ts';
import { jsonSchemaOf } from '../../../src/config/json-schema.ts';
import { keysOf } from '../../../src/lib/wording/explain.ts';
import { Secret } from '../../../src/config/secret.ts';
import { good, load, makePair, refusal, secrets, server } from '../../support/config.ts';
import { propertyRuns } from '../../support/property-runs.ts';

describe('nearest', () => {
  const known = keysOf(jsonSchemaOf(configSchema));

  it('knows the name itself in any letter case, and with one typo', () => {
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), fc.string({ minLength: 0, maxLength: 1 }), (name, at, piece) => {
        expect(nearest(name.toUpperCase(), known)).toBe(name);
        const place = at % name.length;
        expect(nearest(name.slice(0, place) + piece + name.slice(place + 1), [name])).toBe(name);
      }),
    );
  });

  it('guesses nothing where nothing is near', () => {
    expect(nearest('pythondll', known)).toBeUndefined();
    expect(nearest('x', known)).toBeUndefined();
  });
});

describe('subjects', () => {
  it('that pass never hold what NATS would read as more than one word', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (subjectProblem(text) === undefined) expect(text).toMatch(/^[^\s*>]+$/u);
      }),
    );
  });

  it('of words with dots between pass', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
        expect(subjectProblem(words.join('.'))).toBeUndefined();
      }),
    );
  });
});

describe('addresses', () => {
  it('are read back as they were written', () => {
    const address = fc.tuple(
      fc.domain(),
      fc.integer({ min: 1, max: 65_535 }),
      fc.constantFrom('', 'tls://', 'nats://'),
    );
    fc.assert(
      fc.property(fc.array(address, { minLength: 1, maxLength: 4 }), (addresses) => {
        const text = addresses.map(([host, port, scheme]) => `${scheme}${host}:${port}`).join(',');
        expect(parseNatsUrl(text)).toEqual(
          addresses.map(([host, port, scheme]) => ({ host, port, scheme: scheme === 'nats://' ? 'nats' : 'tls' })),
        );
      }),
    );
  });

  it('that pass never hold a line break or a space', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const part of parseNatsUrl(text)) if (isAddress(part)) expect(part.host).not.toMatch(/\s/u);
      }),
    );
  });
});

describe('secrets', () => {
  it('are hidden in values that are shown', () => {
    const { seed } = makePair();
    for (const text of [seed, ` ${seed.toLowerCase()}\n`, `nats://${seed}@host`, `https://h/?key=${seed}`]) {
      expect(hideSecrets(text).toUpperCase()).not.toContain(seed);
    }
    expect(shownValue('-----BEGIN PRIVATE KEY-----\nMIIabc')).toBe('"[hidden]"');
    expect(shownValue({ password: 'x' })).toBeUndefined();
    expect(shownValue('x'.repeat(500))).toHaveLength(83);
  });

  it('print as [secret]', () => {
    const secret = new Secret('hunter2');
    expect([String(secret), JSON.stringify({ secret })]).toEqual(['[secret]', '{"secret":"[secret]"}']);
    expect(secret.reveal()).toBe('hunter2');
  });

  it('never appear in messages about any wrong file', async () => {
    const text = 'hunter2-very-secret';
    const bends: ((file: Record<string, unknown>) => unknown)[] = [
      (file) => ({ ...file, settings: text }),
      (file) => ({ ...file, settings: { servers: text } }),
      (file) => ({ ...file, settings: { servers: [text] } }),
      (file) => ({ ...file, settings: { servers: [server({ credentials: text })] } }),
      (file) => ({ ...file, settings: { servers: [server({ credentials: [text] })] } }),
      (file) => ({ ...file, settings: { servers: [server({ password: text })] } }),
      (file) => ({ ...file, settings: { servers: [server({ credentials: { accessKey: text, password: text } })] } }),
      (file) => ({ ...file, settings: { servers: [server({ credentials: { user: [text], password: text } })] } }),
      (file) => ({ ...file, settings: { servers: [server({ credentials: { apiKey: text } })] } }),
      (file) => ({ ...file, natsurl: `tls://driver:${text}@host:4222` }),
      (file) => `${JSON.stringify(file)} ${text}`,
    ];
    for (const bend of bends) {
      const failure = await refusal(bend(good()));
      expect(failure.message).not.toContain(text);
      expect(JSON.stringify([failure.problems, failure.warnings])).not.toContain(text);
    }
    await expect(load(good({ password: secrets.password }))).resolves.toMatchObject({
      warnings: [{ path: 'password' }],
    });
  });
});

describe('any JSON at all', () => {
  it('is read or refused with a ConfigError, never anything else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...keysOf(jsonSchemaOf(configSchema)), 'x'), fc.jsonValue()),
        async (file) => {
          expect((await refusal({ ...file, natsurl: 0 })).problems.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: propertyRuns(60) },
    );
    const settings = fc.dictionary(fc.constantFrom('servers', 'limits', 'bus', 'x'), fc.jsonValue(), { minKeys: 1 });
    await fc.assert(
      fc.asyncProperty(settings, async (given) => {
        expect(
          (await refusal(good({ settings: { servers: [{ credentials: given }], ...given } }))).problems,
        ).not.toEqual([]);
      }),
      { numRuns: propertyRuns(60) },
    );
  });
});
