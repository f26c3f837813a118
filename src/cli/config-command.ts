/** `iota-seeqdrv config`: the effective configuration, its JSON Schema, and a commented example. */
import { configSchema, loadConfigFile } from '../app/configuration.ts';
import { exampleOf } from '../config/example.ts';
import { ConfigError } from '../config/problems.ts';
import { jsonSchemaOf } from '../config/json-schema.ts';
import { ProxySetting } from '../config/proxy.ts';
import { OwnFile, Reference } from '../config/references.ts';
import { SENSITIVE, type SchemaNode } from '../lib/wording/explain.ts';
import { pathText } from '../lib/wording/problem.ts';
import { printable, printableJson } from './output/printable.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

/** In place of a value that may be or contain a secret. */
const HIDDEN = '<secret>';

/**
 * Prints the configuration with all defaults and the values of the environment. A reference to a secret shows where the
 * secret is stored. Reads no secret.
 */
export async function showConfig(path: string | undefined, terminal: Terminal): Promise<ExitCode> {
  try {
    const loaded = await loadConfigFile({ path, env: terminal.env });
    terminal.out(printableJson(shown(loaded.file, jsonSchemaOf(configSchema), false), 2));
    for (const { variable, path: at } of loaded.fromEnvironment) {
      terminal.err(printable(`${pathText(at)} is from the variable ${variable}`));
    }
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.err(error.message);
    return exitCodes.usage;
  }
}

/** A parsed value in the form of the file. @param hidden whether it is part of a value that may be a secret */
function shown(value: unknown, node: SchemaNode | undefined, hidden: boolean): unknown {
  const isHidden =
    hidden || node?.[SENSITIVE] === true || node?.anyOf?.some((form) => form[SENSITIVE] === true) === true;
  if (value instanceof Reference) return value.file === undefined ? { env: value.env } : { file: value.file };
  if (value instanceof OwnFile) return value.path;
  if (value instanceof ProxySetting) return shown(value.given, node, isHidden);
  if (Array.isArray(value)) {
    const items = node?.items ?? node?.anyOf?.find((form) => form.items !== undefined)?.items;
    return value.map((entry) => shown(entry, items, isHidden));
  }
  if (typeof value === 'string') return isHidden ? HIDDEN : withoutUrlSecrets(value);
  if (typeof value !== 'object' || value === null) return isHidden && value !== undefined ? HIDDEN : value;
  const forms = node?.anyOf ?? (node === undefined ? [] : [node]);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const child = forms.map(({ properties }) => properties?.[key]).find((found) => found !== undefined);
      return [key, shown(member, child, isHidden)];
    }),
  );
}

/** An address may contain a token in its query, or a user and a password. */
const withoutUrlSecrets = (text: string): string =>
  text.replace(/(?<=:\/\/)[^/?#@]*@/g, `${HIDDEN}@`).replace(/(?<=^[a-z]+:\/\/[^?]*\?).+/i, HIDDEN);

/** Prints the JSON Schema of the file, for editors that check and complete it. */
export function printSchema(terminal: Terminal): ExitCode {
  const title = 'Configuration of iota-seeqdrv';
  terminal.out(JSON.stringify({ title, ...jsonSchemaOf(configSchema) }, undefined, 2));
  return exitCodes.ok;
}

/** In the example, where every driver has a key of its own. */
export const PLACEHOLDER_KEY = 'UCU64RB4E3BRP66RBQLNSWDXQF4VDVE4G6URAANSBLLOYT6SDONEGSEC';

/** Prints a file with one server, and every other key as a comment. */
export function printExample(publickey: string | undefined, terminal: Terminal): ExitCode {
  const example = {
    natsurl: 'mon.example.com:443',
    publickey: publickey ?? PLACEHOLDER_KEY,
    reqtopic: 'us-east-1.site-a.seeq.request',
    settings: {
      servers: [
        {
          name: 'plant-a',
          url: 'https://seeq.example.com',
          credentials: { accessKey: { env: 'SEEQ_ACCESS_KEY' }, password: { env: 'SEEQ_PASSWORD' } },
        },
      ],
    },
  };
  terminal.out(exampleOf(jsonSchemaOf(configSchema), example));
  return exitCodes.ok;
}
