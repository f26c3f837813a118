/**
 * A kind of source: how it is configured, and how it is opened. A new one is a folder beside this file, and a line in
 * the table of `app`.
 */
import type { z } from 'zod';
import type { Resolved } from '../config/references.ts';
import type { Logger } from '../contract/log.ts';
import type { Source } from './source.ts';

/** What every source gets besides its own configuration. */
export interface SourceSetting {
  /** Name and version of the driver, for the user agent of calls. */
  readonly userAgent: string;
  /** `settings.limits.pageSamples`. */
  readonly pageSamples: number;
  readonly log: Logger;
}

/** A source with the limits of its calls. */
export interface OpenedSource {
  readonly source: Source;
  /** Concurrent calls. */
  readonly concurrency: number;
  /** Calls that may wait. */
  readonly queueLimit: number;
}

/** The keys that an entry of every kind has. */
export interface NamedEntry {
  readonly name: string;
}

export interface SourceKind<S extends z.ZodType<NamedEntry> = z.ZodType<NamedEntry>> {
  /** One entry of its list in `settings`. */
  readonly schema: S;
  /** What the list contains, for the configuration page. */
  readonly description: string;
  /** Creates the source. Does not connect. */
  open(entry: Resolved<z.output<S>>, setting: SourceSetting): OpenedSource;
  /** An entry in a few words, without secrets, for `check`. */
  summary(entry: Resolved<z.output<S>>): string;
}

/** Declares a kind, so that its functions get the type of its schema. */
export const sourceKind = <S extends z.ZodType<NamedEntry>>(kind: SourceKind<S>): SourceKind<S> => kind;
