import { configSchema } from '../../src/app/configuration.ts';
import { sourceKinds } from '../../src/app/source-kinds.ts';
import { jsonSchemaOf } from '../../src/config/json-schema.ts';
import type { SchemaNode } from '../../src/lib/wording/explain.ts';
import { FILE_PATH } from '../../src/config/references.ts';
import { VALUE_PREFIX } from '../../src/config/environment.ts';
import { CONFIG_FILE, CONFIG_VARIABLE, KEY_FILE, KEY_VARIABLE } from '../../src/config/file-names.ts';

/** Stands in the example where everybody has a key of their own. */
export const PLACEHOLDER_KEY = 'U…the 56 characters that "iota-seeqdrv keygen" prints…';

/** A small configuration as people start with. */
export const exampleConfig = {
  driverid: 'seeq-site-a',
  natsurl: 'mon.example.com:443',
  publickey: PLACEHOLDER_KEY,
  reqtopic: 'us-east-1.site-a.seeq.request',
  healthtopic: 'iota.health',
  settings: {
    servers: [
      {
        name: 'plant-a',
        url: 'https://seeq.plant-a.example.com',
        credentials: { accessKey: { file: 'plant-a.key' }, password: { file: 'plant-a.password' } },
      },
      {
        name: 'plant-b',
        url: 'https://seeq.plant-b.example.com',
        credentials: { user: 'iota-driver', password: { env: 'PLANT_B_PASSWORD' } },
        tls: { caFile: 'plant-b-ca.pem' },
      },
    ],
  },
};

/** `docs/configuration.md`: every key of the configuration, out of its schema. */
export function configurationPage(): string {
  const schema = jsonSchemaOf(configSchema);
  const settings = schema.properties?.settings;
  return [
    '# Configuration',
    '<!-- Generated from src/config by "npm run generate". -->',
    `Use this page to look up the keys of the configuration, their types and their defaults. The driver reads one JSON file, \`${CONFIG_FILE}\`, when it starts. \`--config <file>\` or the variable \`${CONFIG_VARIABLE}\` names another file; without either the driver reads the file in the working directory. Beside it is the key file \`${KEY_FILE}\`, which has the NKey seed (\`SU…\`) for \`publickey\`; \`iota-seeqdrv keygen\` makes such a pair. If the key is elsewhere (a Kubernetes Secret beside a ConfigMap), name it with \`--key <file>\`, the variable \`${KEY_VARIABLE}\` or \`settings.bus.seed\`; the first of them that is set applies.`,
    '`iota-seeqdrv check --offline` reads the configuration and reports every mistake at once. It reads files, secrets, certificates and keys, but connects to nothing. Each problem has its location in the file and the correct form; a secret is never repeated. Exit codes: 0 the configuration is usable (there may be warnings), 2 it cannot be used. `run` refuses the same mistakes with the same messages. Without `--offline` the command also [connects to everything that the file names](check.md).',
    'Comments (`//` and `/* */`) are allowed in the file. `iota-seeqdrv config example` prints a commented example with every key, and `iota-seeqdrv config schema` the JSON Schema, with which an editor checks and completes the file.',
    '## Example',
    `\`\`\`json\n${JSON.stringify(exampleConfig, null, 2)}\n\`\`\``,
    '## Values from the environment',
    `A variable whose name begins with \`${VALUE_PREFIX}\` replaces a value of the file: \`${VALUE_PREFIX}settings__bus__tls__first=true\`. The rest of its name is the path of the key, with \`__\` between its parts; entries of a list are numbered from 0, and the next number adds one: \`${VALUE_PREFIX}settings__servers__0__url=https://seeq.example.com\`. Numbers, \`true\`, \`false\`, \`null\`, objects and lists are written as JSON; everything else is a text. A name that is not a key is an error, and an empty variable is ignored. \`iota-seeqdrv config show\` prints what applies, with the variables that were used. The file must exist.`,
    '## Keys at the top',
    'IOTA documents the names and the meaning of these keys for its drivers. Other keys at the top are ignored with a warning. `null` counts as absent.',
    keyTable(schema),
    '## `settings`',
    'These are the keys of this driver. An unknown key here is an error.',
    ...Object.entries(sourceKinds).flatMap(([key, { description }]) => [
      `### \`settings.${key}[]\``,
      description,
      ...tables(`settings.${key}[]`, settings?.properties?.[key]?.items).slice(1),
    ]),
    '### Secrets and files',
    'A secret is never in this file. Where the table says *secret*, write where the secret is stored:',
    '- `{ "file": "path" }`: a file that contains only the secret, for example a mounted Kubernetes secret. A relative path starts at the folder of the configuration file; a line break at the end is removed.\n- `{ "env": "NAME" }`: an environment variable that contains it.',
    '`check` and `run` warn of each file with a secret that every user of the machine can read (set its mode to 600, or in Kubernetes `defaultMode: 0440`), and of each secret that begins or ends with a blank.',
    'The driver reads files again for each use, without a restart and without a signal: secrets for each log-in, certificates (`tls.caFile` and others) and the key file for each connection. Replace a file as a whole (rename a new file over it, as Kubernetes does with its volumes); the driver reads a file that has just changed until it reads the same text twice. A file that cannot be read causes an error that names the file, for that log-in or connection only: the driver never uses an older text in its place, existing sessions and connections continue, and the next attempt reads the file again. After a refused Seeq log-in, the driver tries again at once when its name or password has changed.',
    '### `settings.limits`',
    settings?.properties?.limits?.description ?? '',
    keyTable(settings?.properties?.limits),
    '### `settings.bus`',
    settings?.properties?.bus?.description ?? '',
    ...tables('settings.bus', settings?.properties?.bus).slice(1),
    '### `settings.http`',
    settings?.properties?.http?.description ?? '',
    ...tables('settings.http', settings?.properties?.http).slice(1),
    '### `settings.log`',
    settings?.properties?.log?.description ?? '',
    ...tables('settings.log', settings?.properties?.log).slice(1),
    '### `settings.audit`',
    settings?.properties?.audit?.description ?? '',
    ...tables('settings.audit', settings?.properties?.audit).slice(1),
    ...ingestBlocks(settings?.properties?.ingest),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** The feeds of device data: a table for each object, wherever it is. */
function ingestBlocks(node: SchemaNode | undefined): string[] {
  if (!node) return [];
  return [
    '## `settings.ingest`: device data',
    `${node.description ?? ''} All keys here are optional. [Device data](ingest.md) describes the feeds, with [an example of each](ingest.md#mqtt-brokers).`,
    ...tables('settings.ingest', node).slice(1),
  ];
}

/** Heading and table of an object, then those of the objects inside it. An object that is in two forms has both. */
function tables(path: string, node: SchemaNode | undefined): string[] {
  if (!node) return [];
  const children = Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const forms = child.anyOf ?? [child];
    return forms.flatMap((form) => {
      const list = form.items ? `${path}.${key}[]` : `${path}.${key}`;
      const inner = form.items ?? form;
      return inner.properties && !isSecret(inner) ? tables(list, inner) : [];
    });
  });
  return [`### \`${path}\``, keyTable(node), ...children];
}

const isSecret = (node: SchemaNode): boolean =>
  node.properties?.file !== undefined && node.properties.env !== undefined;

/** One row for each key of an object. */
function keyTable(node: SchemaNode | undefined): string {
  const rows = Object.entries(node?.properties ?? {}).map(([key, value]) => [
    `\`${key}\``,
    typeText(value),
    node?.required?.includes(key) ? '**required**' : defaultText(value),
    value.description ?? '',
  ]);
  return [['key', 'type', 'default', 'meaning'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

function typeText(node: SchemaNode): string {
  if (node.anyOf) return node.anyOf.map(typeText).join(' or ');
  if (isSecret(node)) return '*secret*';
  if (node[FILE_PATH] === true) return 'path of a file';
  if (node.enum) return node.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  switch (node.type) {
    case 'integer':
      return `whole number${rangeText(node)}`;
    case 'number':
      return `number${rangeText(node)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'list';
    case 'object':
      return node.properties ? 'object, see below' : 'object of texts';
    default:
      return 'text';
  }
}

function rangeText({ minimum, maximum }: SchemaNode): string {
  if (minimum === undefined || maximum === undefined) return '';
  return maximum === Number.MAX_SAFE_INTEGER ? `, from ${minimum}` : `, ${minimum} to ${maximum}`;
}

function defaultText(node: SchemaNode): string {
  const { default: value } = node;
  // The keys of an object have their own.
  const none = value === undefined || (typeof value === 'object' && !(Array.isArray(value) && value.length > 0));
  return none ? '' : `\`${JSON.stringify(value)}\``;
}
