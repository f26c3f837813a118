/** What the abilities of a source take and return, in the terms of the contract. */
import type { DriverError } from '../contract/errors.ts';
import type { Fqn } from '../contract/fqn.ts';
import type { Nanoseconds } from '../contract/time/instant.ts';
import type { Columns, Point, ScalarValue } from '../contract/values.ts';

/** The meaning of a text in a search. Comparison ignores case, except for a regular expression. */
export type TextPattern =
  | { kind: 'all' }
  | { kind: 'contains'; text: string }
  /** `*` any characters, `?` one character; matches the whole text. */
  | { kind: 'glob'; text: string }
  /** Matches anywhere in the text. */
  | { kind: 'regex'; text: string };

export type ItemKind = 'signal' | 'scalar' | 'asset' | 'condition';
export type SearchKind = ItemKind | 'datasource' | 'workbook';

export interface SearchQuery {
  kind: SearchKind;
  pattern: TextPattern;
  field: 'name' | 'description' | 'any';
  /** Id or name: only items that are scoped to this workbook or to none. */
  workbook?: string | undefined;
  /** Id, name or the datasource's own id. */
  datasource?: string | undefined;
  /** The source's id of an asset: only items below it. */
  assetId?: string | undefined;
  /** Names of properties to return, `all` for all of them. */
  properties?: string[] | 'all' | undefined;
  orderBy: 'name' | 'id' | 'description';
  offset: number;
  limit: number;
}

/** A hit of any kind, in the terms of the contract. */
export interface FoundItem {
  id: string;
  name: string;
  description?: string;
  /** Names of the parent assets, root first. */
  path: string[];
  hasChildren: boolean;
  unit?: string;
  valueType?: 'number' | 'string';
  interpolation?: string;
  datasource?: string;
  properties?: Record<string, { value: ScalarValue; unit?: string }>;
}

/**
 * An unusable entry of a list, because the source has written it incorrectly. It keeps its position in the list, so
 * that the others are returned and paging continues.
 */
export interface UnreadableItem {
  /** The source's id. Without one, a text that is equal for equal entries. */
  id: string;
  /** Whether `id` is the source's id. */
  hasId: boolean;
  /** Empty if it is not known. */
  name: string;
  description?: string;
  /** The problem of the entry. */
  error: DriverError;
}

/** Whether an entry is unusable. */
export const isUnreadable = (entry: object): entry is UnreadableItem => 'error' in entry && 'hasId' in entry;

export const isReadable = <T extends object>(entry: T | UnreadableItem): entry is T => !isUnreadable(entry);

export interface SearchPage {
  found: (FoundItem | UnreadableItem)[];
  /** Hits on all pages, if the source reports it. */
  total: number | undefined;
  /** Whether there is a further page. */
  more: boolean;
}

/** An item with all of its properties. */
export type Described = FoundItem & { kind: ItemKind };

/** A child of an asset that is not an asset itself. */
export interface Attribute {
  name: string;
  type: 'tag' | 'scalar' | 'timeframes';
  fqn: Fqn;
  description?: string;
  unit?: string;
}

export interface Children {
  assets: (FoundItem | UnreadableItem)[];
  attributes: (Attribute | UnreadableItem)[];
}

/** Name and static properties of an item. */
export interface ItemProperties {
  name: string;
  properties: PropertyValue[];
  /** The problems of properties that are missing in the list because even their names are unreadable. */
  unreadable?: DriverError[];
}

/** A timeframe of a condition. */
export interface Timeframe {
  /** Id within the condition. */
  id: string;
  /** Undefined: it has no start. */
  start: string | undefined;
  /** Undefined: it has not ended. */
  end: string | undefined;
  /** The source reports that it may still change, or its end is before its start. */
  uncertain: boolean;
  attributes: Record<string, { value: ScalarValue; unit?: string }>;
}

/** Order in which the timeframes of a condition are read. */
export interface TimeframeOrder {
  /** By start. One without a start is the earliest. */
  order: 'asc' | 'desc';
  /** Expected number of timeframes that are used, so that no more are read. */
  expected: number;
}

/** Consecutive samples of a series, ascending in time. */
export interface SamplePage extends Columns {
  unit?: string;
}

/** The interpolation of a signal, and the type of its values. */
export interface SeriesShape {
  /** The signal itself. For an attribute of an asset, the signal that it refers to. */
  fqn: Fqn;
  /** `pilinear`: linear, but a value before a bad sample is held. `discrete`: no value between the samples. */
  interpolation: 'linear' | 'pilinear' | 'step' | 'discrete';
  /** Samples further apart have no value between them, in nanoseconds. Undefined if the source has no limit. */
  maximumInterpolation: Nanoseconds | undefined;
  /** For a constant only: its value at every instant. */
  constant?: Point;
  valueType: 'number' | 'string';
  unit?: string;
}

export interface ReductionSize {
  /** Approximate number of equal intervals. */
  intervals: number;
  /** Approximate number of samples that they consist of. */
  samples: number;
}

/** Points of a numeric signal that a server computed instead of its samples. */
export interface Reduction {
  /**
   * Ascending in time, in the range: for each interval the lowest and the highest value, at its middle, and the value
   * of the signal at its borders. Ranges without a value have a `Bad Data` sample. If the server does not know whether
   * there are any, the samples are `Questionable`.
   */
  page: SamplePage;
  /** End of the computed part. Later samples must be read. The newest sample in the range is not before it. */
  until: Nanoseconds;
}

export interface PropertyValue {
  name: string;
  value: ScalarValue;
  /** The source sends an invalid value, such as a number out of range; `value` is null. */
  unusable?: boolean;
  unit?: string;
}
