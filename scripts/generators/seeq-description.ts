import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Document {
  readonly paths: Readonly<Record<string, unknown>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

/**
 * The paths and models of `openapi/seeq.yaml` as JSON, without texts for people. Each start of the Seeq simulator reads
 * it, and JSON is read a hundred times as fast as YAML. One line for each path and model, so that a change shows.
 */
export function seeqDescription(): string {
  const file = new URL('../../openapi/seeq.yaml', import.meta.url);
  const { paths, components } = parse(readFileSync(file, 'utf8')) as Document;
  return `{"paths":${lines(paths)},"components":{"schemas":${lines(components.schemas)}}}\n`;
}

function lines(entries: Readonly<Record<string, unknown>>): string {
  const each = Object.entries(entries).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value, bare)}`);
  return `{\n${each.join(',\n')}\n}`;
}

/** Leaves out texts; a member of a model may itself be named "description", which is no text. */
function bare(key: string, value: unknown): unknown {
  return (key === 'description' || key === 'summary') && typeof value === 'string' ? undefined : value;
}
