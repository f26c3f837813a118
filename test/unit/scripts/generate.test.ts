import { describe, expect, it } from 'vitest';
import { configurationPage, exampleConfig, PLACEHOLDER_KEY } from '../../../scripts/generators/configuration.ts';
import { jsonSchemaOf } from '../../../src/config/json-schema.ts';
import type { SchemaNode } from '../../../src/lib/wording/explain.ts';
import { configSchema, loadConfig } from '../../../src/app/configuration.ts';
import { createAuthority } from '../../support/nats/certificates.ts';
import { makePair } from '../../support/config.ts';

describe('the configuration page', () => {
  it('has a row with a meaning for every key of the schema', () => {
    const page = configurationPage();
    const visit = (node: SchemaNode | undefined, path: string): void => {
      for (const [key, child] of Object.entries(node?.properties ?? {})) {
        expect(child.description, `${path}${key} has no description`).toMatch(/\.$/);
        if (path.endsWith('settings.') || key === 'file' || key === 'env') {
          // The tables of their own and the two forms of a secret, which the text explains.
          expect(page).toContain(key);
        } else {
          expect(page).toContain(`\n| \`${key}\` | `);
        }
        for (const form of [child, child.items, ...(child.anyOf ?? [])]) visit(form, `${path}${key}.`);
      }
    };
    visit(jsonSchemaOf(configSchema), '');
  });

  it('shows an example that works once it has a key', async () => {
    const { publicKey, seed } = makePair();
    const { caPem } = await createAuthority();
    const files: Record<string, string> = {
      '/c/iota.seeqdrv.json': JSON.stringify(exampleConfig).replace(PLACEHOLDER_KEY.replaceAll('"', '\\"'), publicKey),
      '/c/privatekey.nk': seed,
      '/c/plant-a.key': 'k',
      '/c/plant-a.password': 'p',
      '/c/plant-b-ca.pem': caPem,
    };
    const { config, warnings } = await loadConfig({
      path: '/c/iota.seeqdrv.json',
      env: { PLANT_B_PASSWORD: 'p' },
      readFile: async (path) => new TextEncoder().encode(files[path] ?? ''),
    });
    expect(warnings).toEqual([]);
    expect(config.servers.map(({ name }) => name)).toEqual(['plant-a', 'plant-b']);
  });
});
