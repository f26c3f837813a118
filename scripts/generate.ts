/**
 * Writes every generated file of the project, or with `--check` only says which are out of date (exit code 1).
 *
 *     node scripts/generate.ts [--check]
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { alarmsPage } from './generators/alarms.ts';
import { asyncapiDocument } from './generators/asyncapi.ts';
import { checkSchema } from './generators/check-schema.ts';
import { configurationPage } from './generators/configuration.ts';
import { errorsPage } from './generators/errors.ts';
import { firstRequestPage } from './generators/first-request.ts';
import { functionsPage } from './generators/functions.ts';
import { plotImage, terminalPlotImage, valuesImage } from './generators/images.ts';
import { iotOpenTypes } from './generators/iotopen-types.ts';
import { permissionsPage } from './generators/permissions.ts';
import { seeqDescription } from './generators/seeq-description.ts';
import { seeqTypes } from './generators/seeq-types.ts';
import { telemetryPage } from './generators/telemetry.ts';
import { troubleshootingPage } from './generators/troubleshooting.ts';

/** A generated file: its path from the root of the project, and how its text is made. */
interface Generated {
  readonly file: string;
  readonly make: () => string | Promise<string>;
}

/** A new generated file is one line here. */
const table: readonly Generated[] = [
  { file: 'src/sources/seeq/seeq-api.generated.ts', make: seeqTypes },
  { file: 'openapi/seeq.generated.json', make: seeqDescription },
  { file: 'src/sources/iotopen/iotopen-api.generated.ts', make: iotOpenTypes },
  { file: 'openapi/check.generated.json', make: checkSchema },
  { file: 'docs/configuration.md', make: configurationPage },
  { file: 'docs/functions.md', make: functionsPage },
  { file: 'docs/first-request.md', make: firstRequestPage },
  { file: 'docs/errors.md', make: errorsPage },
  { file: 'docs/telemetry.md', make: telemetryPage },
  { file: 'docs/permissions.md', make: permissionsPage },
  { file: 'docs/alarms.md', make: alarmsPage },
  { file: 'docs/troubleshooting.md', make: troubleshootingPage },
  { file: 'docs/images/plot.svg', make: plotImage },
  { file: 'docs/images/terminal.svg', make: terminalPlotImage },
  { file: 'docs/images/values.svg', make: valuesImage },
  { file: 'openapi/bus.asyncapi.yaml', make: asyncapiDocument },
];

const root = dirname(import.meta.dirname);
const check = process.argv.includes('--check');
let stale = 0;
for (const { file, make } of table) {
  const path = join(root, file);
  const text = await make();
  if (text === (await read(path))) continue;
  stale++;
  if (check) {
    console.error(`${file} is out of date; run "npm run generate"`);
    continue;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  console.log(`${file} written`);
}
console.log(`${table.length} generated files, ${stale} ${check ? 'out of date' : 'changed'}`);
process.exitCode = check && stale > 0 ? 1 : 0;

/** The text of a file, or undefined if there is none yet. */
async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
