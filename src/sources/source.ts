/**
 * The interface between the driver and its data sources. A new source is a folder that implements `Source` with its
 * abilities, and one line in a table. The driver contains no vendor-specific terms.
 */
import type { ConnectionStep } from '../checks/steps.ts';
import type { Boundary } from '../contract/functions/data.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { Fqn } from '../contract/fqn.ts';
import type { Nanoseconds } from '../contract/time/instant.ts';
import type { TimeRange } from '../contract/time/time.ts';
import type { Point } from '../contract/values.ts';
import type {
  Children,
  Described,
  ItemProperties,
  Reduction,
  ReductionSize,
  SamplePage,
  SearchKind,
  SearchPage,
  SearchQuery,
  SeriesShape,
  Timeframe,
  TimeframeOrder,
  UnreadableItem,
} from './source-data.ts';

export * from './source-data.ts';

/** What a source gets for one request: a cancellation signal, and permission for each call. */
export interface SourceCall {
  /** Aborted when the time budget is exhausted or there is no receiver. Its reason is a DriverError. */
  readonly signal: AbortSignal;
  /** End of the time budget, by `performance.now()`. Undefined if there is none. */
  readonly deadlineMs?: number | undefined;
  /**
   * Runs one call to the server when it is its turn: calls are limited per server and fair between requests. Their time
   * and number are counted for the answer.
   * @param call gets a function that waits before a retry, see `Pause`
   */
  run<T>(call: (pause?: Pause) => Promise<T>): Promise<T>;
}

/**
 * Waits while other calls may use this one's slot.
 * @throws DriverError as `run` does if the slot does not become free again
 */
export type Pause = (ms: number) => Promise<void>;

/** State of a server, as a probe found it. */
export interface SourceStatus {
  state: 'up' | 'down' | 'unauthorized';
  version: string | null;
  /** Duration of one small call, in milliseconds. Null if there was no answer. */
  latencyMs: number | null;
  /** The problem and its remedy. Absent if there is none. */
  message?: string;
  /** The code of the problem. */
  reason?: ErrorCode;
  /** The step at which the probe failed. */
  failedAt?: ConnectionStep;
  /** How far the driver's clock is ahead of the server's, in milliseconds. Absent if the server reports no time. */
  clockAheadMs?: number;
}

/** Ability to find items of some kinds. */
export interface Finder<Kind extends SearchKind> {
  search(query: SearchQuery & { kind: Kind }, call: SourceCall): Promise<SearchPage>;
}

export interface PropertyReader {
  /** Name and static properties of an item. */
  properties(id: string, call: SourceCall): Promise<ItemProperties>;
}

/** Ability to describe items. */
export interface Describer {
  /** All data of items by their ids, including all properties. Unknown ids are missing in the result. */
  describe(ids: readonly string[], call: SourceCall): Promise<Map<string, Described | UnreadableItem>>;
}

/** Ability to browse asset trees. */
export interface AssetTrees extends Finder<'asset'>, PropertyReader {
  /**
   * Children of an asset, or the roots of all trees without an id.
   * @param scope id of a workbook: only items that are scoped to it or to none
   */
  children(assetId: string | undefined, call: SourceCall, scope?: string): Promise<Children>;
}

/** Ability to list the datasources and workbooks that filter a search. */
export interface Lister extends Finder<'datasource' | 'workbook'> {
  /** The id of a workbook, given by id or name. */
  workbookId(workbook: string, call: SourceCall): Promise<string>;
}

/** Ability to read the value at a time. Leases poll it. */
export interface SnapshotReader {
  /** Newest value at or before `time` of any FQN. */
  snapshot(fqn: Fqn, time: Nanoseconds, call: SourceCall): Promise<Point>;
}

/** Ability to read recorded samples. */
export interface HistoryReader {
  /**
   * All recorded samples in pages, ascending in time.
   * @param expected expected number of samples that are used, so that no more are read; default: all
   */
  samples(
    fqn: Fqn,
    range: TimeRange,
    boundary: Boundary,
    call: SourceCall,
    expected?: number,
  ): AsyncIterable<SamplePage>;
  /** The interpolation and value type of a signal. */
  shape(fqn: Fqn, call: SourceCall): Promise<SeriesShape>;
  /** The server's count of samples in a range. Absent if it cannot count. */
  count?(fqn: Fqn, range: TimeRange, call: SourceCall): Promise<number>;
  /** A numeric signal, computed by the server in equal intervals. Absent if it cannot compute. */
  reduced?(fqn: Fqn, range: TimeRange, size: ReductionSize, call: SourceCall): Promise<Reduction>;
}

/** Ability to read conditions and their timeframes. */
export interface TimeframeReader extends Finder<'condition'>, PropertyReader {
  /**
   * Timeframes of a condition that overlap the range, in order of their start. Some may only touch it. Unreadable ones
   * are at any position, and may be repeated.
   */
  timeframes(
    conditionId: string,
    range: TimeRange,
    order: TimeframeOrder,
    call: SourceCall,
  ): AsyncIterable<(Timeframe | UnreadableItem)[]>;
}

/** Abilities of a source, by the names of the contract. */
export interface SourceAbilities {
  search: Finder<'signal' | 'scalar'>;
  describe: Describer;
  assets: AssetTrees;
  lists: Lister;
  snapshot: SnapshotReader;
  history: HistoryReader;
  timeframes: TimeframeReader;
}

/** How a source saves and repeats calls. Counts since the start. */
export interface CallRecovery {
  /** Calls that were not made, because an identical one was in progress. */
  shared: number;
  /** Repeated attempts after temporary failures. */
  retries: number;
  /** Calls made once more because the first one hung. */
  secondTries: number;
  /** How often the server was found to be failing. */
  outages: number;
  /** Calls fail at once at the moment. */
  failing: boolean;
}

/** A server of a vendor. Every method, including those of its abilities, rejects with a DriverError only. */
export interface Source {
  /** First part of its FQNs. */
  readonly scheme: string;
  /** The configured connection name. */
  readonly name: string;
  /** Its address for display, without secrets. */
  readonly url: string;
  /** Its abilities. Requests that need a missing one are `unsupported` for its items. */
  readonly abilities: Readonly<Partial<SourceAbilities>>;

  /** Probes the server. Resolves also if it is down. */
  probe(call: SourceCall): Promise<SourceStatus>;
  /** Absent if the source does not count this. */
  recovery?(): CallRecovery;
  /** Closes its connections. */
  close(): Promise<void>;
}
