/**
 * The interface between the driver and whatever holds data. A new source is one folder that implements `Source`, with
 * the abilities that it has, and one line in a table; the driver never learns a vendor's words.
 */
import type { DriverError } from '../contract/errors.ts';
import type { Boundary } from '../contract/functions/data.ts';
import type { Fqn } from '../contract/fqn.ts';
import type { Nanoseconds } from '../contract/instant.ts';
import type { TimeRange } from '../contract/time.ts';
import type { Columns, Point, ScalarValue } from '../contract/values.ts';

/** What a source needs to work for one request: a way to be cancelled, and permission for each call. */
export interface SourceCall {
  /** Aborted when the time budget is used up or nobody waits any more; its reason is a DriverError. */
  readonly signal: AbortSignal;
  /** When the signal will be aborted because the time is used up, by `performance.now()`; undefined if that is not known. */
  readonly deadlineMs?: number | undefined;
  /**
   * Runs one call to the server when its turn has come: calls are limited for each server and fair between requests.
   * Time and number of calls are counted for the answer.
   * @param call is given a way to wait before it tries again, see `Pause`
   */
  run<T>(call: (pause?: Pause) => Promise<T>): Promise<T>;
}

/**
 * Waits while other calls may use this one's turn.
 * @throws DriverError as `run` does when the turn does not come again
 */
export type Pause = (ms: number) => Promise<void>;

/** State of a server, found by asking it. */
export interface SourceStatus {
  state: 'up' | 'down' | 'unauthorized';
  version: string | null;
  /** Of one small call, in milliseconds; null when it did not answer. */
  latencyMs: number | null;
  /** What is wrong and what to do; absent when nothing is. */
  message?: string;
}

/** What a text in a search means. Comparison ignores case, except for a regular expression. */
export type TextPattern =
  | { kind: 'all' }
  | { kind: 'contains'; text: string }
  /** `*` any characters, `?` one character; stands for the whole text. */
  | { kind: 'glob'; text: string }
  /** Must be found anywhere in the text. */
  | { kind: 'regex'; text: string };

export type ItemKind = 'signal' | 'scalar' | 'asset' | 'condition';
export type SearchKind = ItemKind | 'datasource' | 'workbook';

export interface SearchQuery {
  kind: SearchKind;
  pattern: TextPattern;
  field: 'name' | 'description' | 'any';
  /** Id or name; only what is scoped to this workbook or to none. */
  workbook?: string | undefined;
  /** Id, name or the datasource's own id. */
  datasource?: string | undefined;
  /** The source's id of an asset; only what is below it. */
  assetId?: string | undefined;
  /** Names of properties to return; `all` for every one. */
  properties?: string[] | 'all' | undefined;
  orderBy: 'name' | 'id' | 'description';
  offset: number;
  limit: number;
}

/** A hit of any kind, in the words of the contract. */
export interface Found {
  id: string;
  name: string;
  description?: string;
  /** Names of the assets above, root first. */
  path: string[];
  hasChildren: boolean;
  unit?: string;
  valueType?: 'number' | 'string';
  interpolation?: string;
  datasource?: string;
  properties?: Record<string, { value: ScalarValue; unit?: string }>;
}

/**
 * An entry of a list that cannot be used, because its source has written it wrongly. It keeps its position in the list,
 * so that the others are given and paging goes on.
 */
export interface UnreadableItem {
  /** The source's id; where there is none, a text that is equal for equal entries. */
  id: string;
  /** Whether `id` is the source's id. */
  hasId: boolean;
  /** Empty where it is not known. */
  name: string;
  description?: string;
  /** What is wrong with the entry. */
  error: DriverError;
}

/** Tells an entry that cannot be used from the others. */
export const isUnreadable = (entry: object): entry is UnreadableItem => 'error' in entry && 'hasId' in entry;

export const isReadable = <T extends object>(entry: T | UnreadableItem): entry is T => !isUnreadable(entry);

export interface SearchPage {
  found: (Found | UnreadableItem)[];
  /** Hits on all pages, where the source tells. */
  total: number | undefined;
  /** Whether a further page exists. */
  more: boolean;
}

/** An item with all of its properties. */
export type Described = Found & { kind: ItemKind };

/** A child of an asset that is no asset itself. */
export interface Attribute {
  name: string;
  type: 'tag' | 'scalar' | 'timeframes';
  fqn: Fqn;
  description?: string;
  unit?: string;
}

export interface Children {
  assets: (Found | UnreadableItem)[];
  attributes: (Attribute | UnreadableItem)[];
}

/** Name and static properties of an item. */
export interface ItemProperties {
  name: string;
  properties: PropertyValue[];
  /** What is wrong with properties that are missing in the list, because not even their names can be read. */
  unreadable?: DriverError[];
}

/** A timeframe of a condition. */
export interface Timeframe {
  /** Identity within the condition. */
  id: string;
  /** Undefined: it has no beginning. */
  start: string | undefined;
  /** Undefined: it has not ended. */
  end: string | undefined;
  /** The source says that it may still change, or it contradicts itself: its end is before its start. */
  uncertain: boolean;
  attributes: Record<string, { value: ScalarValue; unit?: string }>;
}

/** How the timeframes of a condition are read. */
export interface TimeframeOrder {
  /** By start; one that has none is the earliest. */
  order: 'asc' | 'desc';
  /** How many will probably be taken, so that no more are read. */
  expected: number;
}

/** One run of samples of a series, ascending in time. */
export interface SamplePage extends Columns {
  unit?: string;
}

/** How a signal goes on between its samples, and what its values are. */
export interface SeriesShape {
  /** The signal itself; of an attribute of an asset, the one behind it. */
  fqn: Fqn;
  /** `pilinear`: linear, but a value before a bad sample is held. `discrete`: nothing between the samples. */
  interpolation: 'linear' | 'pilinear' | 'step' | 'discrete';
  /** Samples further apart have no value between them, in nanoseconds; undefined where the source has no bound. */
  maximumInterpolation: Nanoseconds | undefined;
  /** Only of a constant: its value, which it has at every instant. */
  constant?: Point;
  valueType: 'number' | 'string';
  unit?: string;
}

export interface ReductionSize {
  /** About how many even intervals are wanted. */
  intervals: number;
  /** About how many samples they are made of. */
  samples: number;
}

/** What a server has computed of a numeric signal in place of its samples. */
export interface Reduction {
  /**
   * Ascending in time, in the range: of each interval the lowest and the highest value in its middle, and the value of
   * the signal at its borders. Stretches without a value have a sample that is `Bad Data`; where the server does not
   * know whether there are any, the samples are `Questionable`.
   */
  page: SamplePage;
  /** Up to where it has computed; what comes later is to be read. The newest sample in the range is not before it. */
  until: Nanoseconds;
}

/** Finds items of some kinds. */
export interface Finder<Kind extends SearchKind> {
  search(query: SearchQuery & { kind: Kind }, call: SourceCall): Promise<SearchPage>;
}

export interface PropertyReader {
  /** Name and static properties of an item. */
  properties(id: string, call: SourceCall): Promise<ItemProperties>;
}

/** Tells everything about items. */
export interface Describer {
  /** By their ids as given, all properties included; ids that are unknown are missing in the result. */
  describe(ids: readonly string[], call: SourceCall): Promise<Map<string, Described | UnreadableItem>>;
}

/** Has asset trees. */
export interface AssetTrees extends Finder<'asset'>, PropertyReader {
  /**
   * Children of an asset; of the whole tree when no id is given.
   * @param scope id of a workbook: only what is scoped to it or to none
   */
  children(assetId: string | undefined, call: SourceCall, scope?: string): Promise<Children>;
}

/** Lists what a search can be narrowed to. */
export interface Lister extends Finder<'datasource' | 'workbook'> {
  /** The id of a workbook that is named by its id or by its name. */
  workbookId(workbook: string, call: SourceCall): Promise<string>;
}

/** Has values of now, or of a time. Leases poll them. */
export interface SnapshotReader {
  /** Newest value at or before `time` of whatever the FQN names. */
  snapshot(fqn: Fqn, time: Nanoseconds, call: SourceCall): Promise<Point>;
}

/** Has recorded samples. */
export interface HistoryReader {
  /**
   * Recorded samples in pages, ascending in time, complete.
   * @param expected how many will probably be taken, so that no more are read; all of them by default
   */
  samples(
    fqn: Fqn,
    range: TimeRange,
    boundary: Boundary,
    call: SourceCall,
    expected?: number,
  ): AsyncIterable<SamplePage>;
  /** How a signal goes on between its samples. */
  shape(fqn: Fqn, call: SourceCall): Promise<SeriesShape>;
  /** How many samples the server counts in a range; absent where it cannot. */
  count?(fqn: Fqn, range: TimeRange, call: SourceCall): Promise<number>;
  /** A numeric signal, computed by the server in even intervals; absent where it cannot. */
  reduced?(fqn: Fqn, range: TimeRange, size: ReductionSize, call: SourceCall): Promise<Reduction>;
}

/** Has conditions and their timeframes. */
export interface TimeframeReader extends Finder<'condition'>, PropertyReader {
  /**
   * Runs of timeframes of a condition that overlap the range, in the order of their start; such as only touch it may be
   * among them. Unreadable ones stand anywhere, and may come again.
   */
  timeframes(
    conditionId: string,
    range: TimeRange,
    order: TimeframeOrder,
    call: SourceCall,
  ): AsyncIterable<(Timeframe | UnreadableItem)[]>;
}

/** What a source may be able to do, by the names of the contract. */
export interface SourceAbilities {
  search: Finder<'signal' | 'scalar'>;
  describe: Describer;
  assets: AssetTrees;
  lists: Lister;
  snapshot: SnapshotReader;
  history: HistoryReader;
  timeframes: TimeframeReader;
}

/** A server of some vendor. Every method, also those of its abilities, rejects with a DriverError and nothing else. */
export interface Source {
  /** First part of its FQNs. */
  readonly scheme: string;
  /** The configured connection name. */
  readonly name: string;
  /** Where it is, for people; holds no secret. */
  readonly url: string;
  /** What it can do; what is missing here is `unsupported` for its items. */
  readonly abilities: Readonly<Partial<SourceAbilities>>;

  /** Asks the server how it is; resolves also when it is down. */
  probe(call: SourceCall): Promise<SourceStatus>;
  /** Ends its connections. */
  close(): Promise<void>;
}

export interface PropertyValue {
  name: string;
  value: ScalarValue;
  /** The source gives a value that is none, such as a number beyond all bounds; `value` is null. */
  unusable?: boolean;
  unit?: string;
}
