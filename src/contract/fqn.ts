/**
 * Fully qualified names. Dashboards store them, so they hold only what never changes: the configured connection name
 * and the source's own ids.
 *
 *     <scheme>:<host>/<kind>/<id>[/<part>/<name>]
 *     <scheme>:<host>/capsule/<conditionId>/<capsuleId>[/property/<name>]
 *
 * Each segment is percent-encoded.
 */
import { didYouMeanOneOf } from '../lib/wording/suggest.ts';
import { z } from 'zod';
import { DriverError } from './errors.ts';
import { asSentence, quote } from '../lib/wording/phrases.ts';

export const fqnKinds = ['signal', 'scalar', 'asset', 'condition', 'capsule', 'metric'] as const;
export type FqnKind = (typeof fqnKinds)[number];

export const fqnParts = ['attribute', 'property'] as const;
export type FqnPart = (typeof fqnParts)[number];

export interface Fqn {
  scheme: string;
  /** The configured connection name. */
  host: string;
  kind: FqnKind;
  /** The source's id. For a capsule, the id of its condition. */
  id: string;
  /** For kind `capsule` only: the capsule's id within its condition. */
  capsuleId?: string;
  part?: { type: FqnPart; name: string };
}

/** An FQN in a request. {@link parseFqn} checks its grammar, item by item. */
export const fqnInput = z.string().min(1).max(4096);

/** Formats an FQN. The same parts always give the same text. */
export function formatFqn(fqn: Fqn): string {
  const segments = [fqn.host, fqn.kind, fqn.id];
  if (fqn.capsuleId !== undefined) segments.push(fqn.capsuleId);
  if (fqn.part) segments.push(fqn.part.type, fqn.part.name);
  return `${fqn.scheme}:${segments.map(encodeSegment).join('/')}`;
}

/**
 * Parses an FQN.
 * @throws DriverError `badRequest` with the problem
 */
export function parseFqn(text: string): Fqn {
  const colon = text.indexOf(':');
  if (colon <= 0) throw bad(text, 'it does not start with a scheme such as "seeq:"');
  const scheme = text.slice(0, colon);
  const segments = text
    .slice(colon + 1)
    .split('/')
    .map((segment) => decodeSegment(segment, text));
  if (segments.some((segment) => segment === '')) throw bad(text, 'it has an empty part');
  const [host, kind, id, ...rest] = segments;
  if (host === undefined || kind === undefined || id === undefined) throw bad(text, 'it is too short');
  if (!isKind(kind)) throw bad(text, `its kind ${quote(kind)} is not known${didYouMeanOneOf(kind, fqnKinds)}`);
  const fqn: Fqn = { scheme, host, kind, id };
  if (kind === 'capsule') {
    const capsuleId = rest.shift();
    if (capsuleId === undefined) throw bad(text, 'a capsule needs the id of its condition and its own id');
    fqn.capsuleId = capsuleId;
  }
  const [part, name, ...excess] = rest;
  if (part === undefined) return fqn;
  if (!isPart(part)) throw bad(text, `its part ${quote(part)} is not known${didYouMeanOneOf(part, fqnParts)}`);
  if (name === undefined) throw bad(text, `the name of the ${part} is missing`);
  if (excess.length > 0) throw bad(text, 'it has more parts than an FQN can have (is a "/" not percent-encoded?)');
  return { ...fqn, part: { type: part, name } };
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment.toWellFormed());
}

function decodeSegment(segment: string, text: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw bad(text, `${quote(segment)} is not valid percent-encoding`, cause);
  }
}

const isKind = (kind: string): kind is FqnKind => (fqnKinds as readonly string[]).includes(kind);
const isPart = (part: string): part is FqnPart => (fqnParts as readonly string[]).includes(part);

function bad(text: string, why: string, cause?: unknown): DriverError {
  return new DriverError(
    'badRequest',
    `${asSentence(`${quote(text)} is not a fully qualified name: ${why}`)} ` +
      'It reads <scheme>:<host>/<kind>/<id>, as searches return it.',
    { details: { field: 'fqn' }, cause },
  );
}
