import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/**
 * A rule that never fires looks just like a rule that is kept. So each of them is shown a small tree that breaks it,
 * and must say so by its own name.
 */
const { forbidden = [], options = {} } = createRequire(import.meta.url)(
  '../../../.dependency-cruiser.cjs',
) as IConfiguration;

/** By rule: one import that it forbids, as [file, imported]. */
const breaches: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>> = {
  'no-cycles': [['src/contract/a.ts', './b.ts']],
  'contract-knows-nobody': [['src/contract/a.ts', '../bus/x.ts']],
  'lib-knows-nobody': [['src/lib/a.ts', '../contract/b.ts']],
  'config-knows-nobody': [['src/config/a.ts', '../contract/b.ts']],
  'rooms-do-not-load-the-configuration': [
    ['src/sources/seeq/config.ts', '../../config/load.ts'],
    ['src/ingest/a.ts', '../config/resolve.ts'],
    ['src/http/config.ts', '../config/load.ts'],
  ],
  'configuration-in-config-files-only': [
    ['src/bus/a.ts', '../config/x.ts'],
    ['src/driver/a.ts', '../config/x.ts'],
    ['src/mqtt/a.ts', '../config/x.ts'],
    ['src/sources/seeq/a.ts', '../../config/x.ts'],
  ],
  'only-bus-imports-nats': [['src/driver/a.ts', 'nats']],
  'only-tracing-imports-opentelemetry': [
    ['src/driver/a.ts', '@opentelemetry/api'],
    ['src/telemetry/a.ts', '@opentelemetry/api'],
  ],
  'opentelemetry-is-loaded-on-demand': [
    ['src/telemetry/a.ts', './tracing/provider.ts'],
    ['src/telemetry/tracing/start.ts', './provider.ts'],
    ['src/app/a.ts', '../telemetry/tracing/spans.ts'],
  ],
  'bus-knows-contract-only': [
    ['src/bus/a.ts', '../driver/x.ts'],
    ['src/bus/config.ts', '../net/x.ts'],
  ],
  'bus-connection-knows-no-other-wing': [
    ['src/bus/connection/a.ts', '../requests/x.ts'],
    ['src/bus/connection/a.ts', '../x.ts'],
  ],
  'bus-wings-do-not-know-each-other': [
    ['src/bus/requests/a.ts', '../jetstream/x.ts'],
    ['src/bus/jetstream/a.ts', '../requests/x.ts'],
  ],
  'driver-knows-contract-and-source-interface': [
    ['src/driver/a.ts', '../sources/seeq/x.ts'],
    ['src/driver/a.ts', '../bus/x.ts'],
  ],
  'net-knows-contract-only': [
    ['src/net/a.ts', '../sources/seeq/x.ts'],
    ['src/net/a.ts', '../bus/x.ts'],
  ],
  'sources-know-contract-and-net': [
    ['src/sources/seeq/a.ts', '../../driver/x.ts'],
    ['src/sources/seeq/a.ts', '../../bus/x.ts'],
  ],
  'sources-do-not-know-each-other': [['src/sources/seeq/a.ts', '../iotopen/x.ts']],
  'mqtt-knows-contract-and-net': [
    ['src/mqtt/a.ts', '../ingest/x.ts'],
    ['src/mqtt/a.ts', '../bus/x.ts'],
  ],
  'only-mqtt-imports-mqtt': [['src/ingest/feeds/iotopen/a.ts', 'mqtt']],
  'ingest-knows-bus-mqtt-sources-contract-config': [
    ['src/ingest/a.ts', '../driver/x.ts'],
    ['src/ingest/feeds/mqtt/a.ts', '../../../cli/x.ts'],
  ],
  'feeds-do-not-know-each-other': [['src/ingest/feeds/i3/a.ts', '../mqtt/x.ts']],
  'ingest-only-for-the-entry': [['src/driver/a.ts', '../ingest/x.ts']],
  'checks-know-contract-only': [['src/checks/a.ts', '../driver/x.ts']],
  'client-knows-contract-only': [['src/client/a.ts', '../bus/x.ts']],
  'telemetry-only-for-the-entry': [['src/bus/a.ts', '../telemetry/x.ts']],
  'http-shows-telemetry': [
    ['src/http/a.ts', '../driver/x.ts'],
    ['src/http/a.ts', '../bus/x.ts'],
  ],
  'http-only-for-the-entry': [['src/telemetry/a.ts', '../http/x.ts']],
  'http-client-only-in-net-and-sources': [
    ['src/driver/a.ts', 'undici'],
    ['src/cli/a.ts', 'openapi-fetch'],
  ],
  'app-only-for-the-commands': [
    ['src/driver/a.ts', '../app/x.ts'],
    ['src/telemetry/a.ts', '../app/x.ts'],
  ],
  'src-does-not-import-tests': [
    ['src/cli/a.ts', '../../test/support/x.ts'],
    ['src/cli/a.ts', '../../scripts/x.ts'],
    ['src/cli/a.ts', '../../simulators/x.ts'],
  ],
  'simulators-know-no-product': [['simulators/a.ts', '../src/contract/a.ts']],
  'simulators-need-no-tests': [['simulators/a.ts', '../test/support/x.ts']],
  'src-needs-production-dependencies-only': [
    ['src/cli/a.ts', 'vitest'],
    ['src/cli/a.ts', 'not-in-the-package'],
  ],
};

/** Every file that a breach points to, and imports that are right. */
const sound: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'tree',
    dependencies: { nats: '1', undici: '1', 'openapi-fetch': '1', mqtt: '1', '@opentelemetry/api': '1' },
    devDependencies: { vitest: '1' },
  }),
  'tsconfig.json': '{"compilerOptions":{"module":"nodenext","allowImportingTsExtensions":true,"noEmit":true}}',
  ...Object.fromEntries(
    ['nats', 'undici', 'openapi-fetch', 'mqtt', '@opentelemetry/api', 'vitest', 'not-in-the-package'].flatMap(
      (name) => [
        [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' })],
        [`node_modules/${name}/index.js`, 'exports.x = 1;'],
      ],
    ),
  ),
  'src/contract/b.ts': "import type { a } from './a.ts';\nexport type B = typeof a;\nexport const b = 1;",
  'src/contract/a.ts': 'export const a = 1;',
  'src/config/x.ts': 'export const x = 1;',
  'src/config/load.ts': "export { x } from './x.ts';",
  'src/config/resolve.ts': "export { x } from './x.ts';",
  'src/bus/config.ts': "export { x as y } from '../config/x.ts';",
  'src/sources/seeq/config.ts': "export { x as y } from '../../config/x.ts';",
  'src/sources/seeq/kind.ts': "export { x } from '../../config/x.ts';",
  'src/app/configuration.ts': "export { x } from '../config/load.ts';",

  'src/bus/x.ts': "import { a } from '../contract/a.ts';\nimport { x as y } from 'nats';\nexport const x = [a, y];",
  'src/bus/connection/x.ts': "export { x } from 'nats';",
  'src/bus/requests/x.ts': "export { x } from '../connection/x.ts';",
  'src/bus/jetstream/x.ts': "export { x } from '../connection/x.ts';",
  'src/net/x.ts': "import { x as y } from 'undici';\nexport const x = y;",
  'src/sources/source.ts': "export { a as x } from '../contract/a.ts';",
  'src/sources/seeq/x.ts':
    "import { x as y } from 'openapi-fetch';\nimport { x as z } from '../../net/x.ts';\nexport const x = [y, z];",
  'src/sources/iotopen/x.ts': "export { x } from '../source.ts';",
  'src/driver/x.ts': "export { x } from '../sources/source.ts';",
  'src/ingest/x.ts': "export { x } from '../bus/x.ts';\nexport { x as y } from '../sources/iotopen/x.ts';",
  'src/mqtt/x.ts': "export { x } from 'mqtt';",
  'src/ingest/feeds/mqtt/x.ts': "export { x } from '../../../mqtt/x.ts';",
  'src/app/x.ts': "export { x } from '../telemetry/x.ts';\nexport { x as y } from '../ingest/x.ts';",
  'src/http/x.ts': "export { x } from '../telemetry/x.ts';",
  'src/telemetry/tracing/start.ts': "export const start = () => import('./provider.ts');",
  'src/telemetry/tracing/provider.ts': "export { x } from './spans.ts';",
  'src/telemetry/tracing/spans.ts': "export { x } from '@opentelemetry/api';",
  'src/telemetry/x.ts': "export { x } from '../bus/x.ts';",
  'src/cli/x.ts': "export { x } from '../driver/x.ts';\nexport { x as z } from '../config/x.ts';",
  'src/sources/seeq/api.generated.ts': 'export const x = 1;',
  'simulators/x.ts': "export { x } from '../src/sources/seeq/api.generated.ts';",
  'simulators/x.test.ts': "export { x } from '../test/support/x.ts';\nexport { x as y } from './x.ts';",
  'test/support/x.ts': 'export const x = 1;',
  'scripts/x.ts': 'export const x = 1;',
};

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'seeqdrv-rules-'));
});
afterEach(() => rm(root, { recursive: true }));

/** The rules that a tree breaks, by name. */
async function broken(tree: Readonly<Record<string, string>>): Promise<Set<string>> {
  for (const [file, text] of Object.entries(tree)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  }
  const { output } = await cruise(['src', 'test', 'simulators', 'scripts'], {
    ...options,
    baseDir: root,
    ruleSet: { forbidden },
    validate: true,
  });
  return new Set((output as ICruiseResult).summary.violations.map(({ rule }) => rule.name));
}

describe('the import rules', () => {
  it('each have a breach here', () => {
    expect(Object.keys(breaches).sort()).toEqual(forbidden.map(({ name }) => name).sort());
  });

  it('say nothing about a sound tree', async () => {
    expect(await broken(sound)).toEqual(new Set());
  });

  const cases = Object.entries(breaches).flatMap(([rule, imports]) =>
    imports.map(([from, to]) => ({ rule, from, to })),
  );
  it.each(cases)('$rule: $from must not import $to', async ({ rule, from, to }) => {
    const text = `${sound[from] ?? ''}\nimport * as forbidden from '${to}';\nexport const held = forbidden;\n`;
    expect(await broken({ ...sound, [from]: text })).toContain(rule);
  });

  it('also look at imports of types', async () => {
    const text = "import type { x } from '../bus/x.ts';\nexport type X = typeof x;\n";
    expect(await broken({ ...sound, 'src/driver/a.ts': text })).toContain('driver-knows-contract-and-source-interface');
  });
});
