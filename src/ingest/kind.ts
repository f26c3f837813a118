/**
 * A kind of feed: how it is configured, and how it is opened. A new one is a folder in `feeds`, and a line in the table
 * of `feed-kinds.ts`.
 */
import type { z } from 'zod';
import type { CheckGroup } from '../checks/check.ts';
import type { Resolved } from '../config/references.ts';
import type { Health } from '../contract/health.ts';
import type { Feed, FeedTools } from './feed.ts';

/** What a connection does at a broker, for the rules about several connections. */
export interface BrokerUse {
  readonly url: string;
  readonly clientId: string;
  /** Path of the object with the client id, below the entry. */
  readonly session: readonly PropertyKey[];
  /** What it subscribes to. */
  readonly subscriptions?: readonly { readonly filter: string; readonly path: readonly PropertyKey[] }[];
  /** Readings of the bus that it publishes. */
  readonly publications?: readonly {
    readonly subject: string;
    readonly topic: string;
    readonly durable?: string | undefined;
    readonly path: readonly PropertyKey[];
  }[];
}

/** What the connection tests of feeds get besides the configuration. */
export interface FeedCheckTools {
  readonly userAgent: string;
  /** Permission to log in with the client id of the driver. */
  readonly takeOver: boolean;
  /** The health of the drivers that run on the request topic. */
  readonly running: Promise<readonly Health[]>;
}

type EntryOf<T> = T extends readonly (infer E)[] ? E : never;

export interface FeedDefinition<S extends z.ZodType = z.ZodType> {
  /** Its key in `settings.ingest`. */
  readonly schema: S;
  /** Creates the configured feeds. They do not connect before `start`. */
  open(config: Resolved<z.output<S>>, tools: FeedTools): readonly Feed[];
  /** The configured feeds in a few words each, without secrets, for `check`. */
  summary(config: Resolved<z.output<S>>): readonly string[];
  /** The connection tests of the configured feeds. */
  check(config: Resolved<z.output<S>>, tools: FeedCheckTools): readonly CheckGroup[];
  /** What an entry of the list does at its broker. */
  brokerUse?(entry: EntryOf<z.output<S>>): BrokerUse;
}

/** Declares a kind, so that its functions get the type of its schema. */
export const feedKind = <S extends z.ZodType>(kind: FeedDefinition<S>): FeedDefinition<S> => kind;
