/** Replaces every reference to a secret or a file in a part of the configuration by its source. */
import type { SchemaNode } from '../lib/explain.ts';
import { OWN_FILE, TEXT_FILE, type FreshSecret, type OwnFile, type TextFile } from './fields.ts';
import type { SecretSource } from './secret.ts';

/** Reads a secret or a file again for each use; see `Resolver`. */
interface Sources {
  source(path: string, ref: { file?: string | undefined; env?: string | undefined }): Promise<SecretSource | undefined>;
  /** Returns the absolute path. */
  place(file: string): string;
}

/** A part of the configuration with its references replaced. */
export type Resolved<T> = T extends FreshSecret | TextFile
  ? SecretSource
  : T extends OwnFile
    ? string
    : T extends readonly (infer E)[]
      ? Resolved<E>[]
      : T extends object
        ? { [K in keyof T]: Resolved<T[K]> }
        : T;

/**
 * Traverses a value along its schema. The resolver records what cannot be read, and the result contains `undefined`
 * instead. The whole configuration is then rejected.
 */
export async function resolveRefs<T>(
  resolver: Sources,
  path: string,
  node: SchemaNode,
  value: T,
): Promise<Resolved<T>> {
  return (await walk(resolver, path, node, value)) as Resolved<T>;
}

async function walk(resolver: Sources, path: string, node: SchemaNode, value: unknown): Promise<unknown> {
  if (value === undefined || value === null) return value;
  const forms = node.anyOf ?? [node];
  const secret = forms.find(isSecret);
  if (secret && typeof value === 'object') return resolver.source(path, value);
  if (forms.some((form) => form[TEXT_FILE] === true) && typeof value === 'string') {
    return resolver.source(path, { file: value });
  }
  if (forms.some((form) => form[OWN_FILE] === true) && typeof value === 'string') return resolver.place(value);
  if (Array.isArray(value)) {
    const items = forms.find((form) => form.items)?.items;
    if (!items) return value;
    return Promise.all(value.map((item, index) => walk(resolver, `${path}[${index}]`, items, item)));
  }
  if (typeof value !== 'object') return value;
  const walked = Object.entries(value).map(async ([key, child]) => {
    const under = forms.find((form) => form.properties?.[key])?.properties?.[key];
    return [key, under ? await walk(resolver, `${path}.${key}`, under, child) : child] as const;
  });
  return Object.fromEntries(await Promise.all(walked));
}

/** See `secretRef`. */
const isSecret = (node: SchemaNode): boolean =>
  node.properties?.file !== undefined && node.properties.env !== undefined;
