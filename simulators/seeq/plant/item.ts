/** What a plant consists of. One shape for all types; what only some types have sits in its own member. */
import type { CapsuleSet } from '../series/capsules.ts';
import type { Series } from '../series/series.ts';

export type ItemType =
  | 'Asset'
  | 'StoredSignal'
  | 'CalculatedSignal'
  | 'StoredCondition'
  | 'CalculatedCondition'
  | 'LiteralScalar'
  | 'CalculatedScalar'
  | 'ThresholdMetric'
  | 'Datasource'
  | 'Folder'
  | 'Workbook'
  | 'Worksheet';

export interface ItemProperty {
  readonly name: string;
  readonly value: string | number | boolean;
  readonly unit?: string;
}

export interface SignalData {
  readonly series: Series;
  readonly interpolation: 'Linear' | 'Step' | 'PILinear' | 'Discrete';
  /** Longest gap to interpolate over, nanoseconds. */
  readonly maxInterpolation: bigint;
  /** Up to when a step may hold its newest value; absent: as long as the longest gap. */
  readonly now?: () => bigint;
  /** Unit of the values; `string` for text and enumerations, absent for unitless numbers. */
  readonly unit?: string;
  /** Unit in the source system where it differs. */
  readonly sourceUnit?: string;
}

export interface ConditionData {
  readonly capsules: CapsuleSet;
  /** Longest capsule, nanoseconds; none for a condition without a maximum. */
  readonly maxDuration?: bigint;
  /** Properties that its capsules have, with units. */
  readonly declared: readonly { readonly name: string; readonly unit?: string }[];
}

export interface ScalarData {
  /** Undefined: the scalar is invalid. */
  readonly value: number | string | undefined;
  /** Empty for unitless numbers, `string` for text. */
  readonly unit: string;
}

export interface MetricData {
  readonly measured: Item;
  readonly processType: string;
}

export interface Item {
  readonly id: string;
  readonly type: ItemType;
  readonly name: string;
  readonly description?: string;
  /** Where it came through, with its id there; none for calculated items. */
  readonly datasource?: Item;
  readonly dataId?: string;
  /** Id of the workbook that it belongs to; none means global. */
  readonly scopedTo?: string;
  readonly archived: boolean;
  /** The caller may know that it exists, but not read it. */
  readonly redacted: boolean;
  /** Made in a workbook as part of an asset group. */
  readonly assetGroup: boolean;
  readonly properties: readonly ItemProperty[];
  readonly signal?: SignalData;
  /** How the maximum interpolation of the signal is written; absent for the usual form, such as `90min`. */
  readonly maxInterpolationText?: string;
  readonly condition?: ConditionData;
  readonly scalar?: ScalarData;
  readonly metric?: MetricData;
  readonly formula?: string;
  /** Of a worksheet: the items that it shows. */
  readonly displayed?: readonly Item[];
  /** Inputs of the formula by name, without `$`. */
  readonly inputs: Readonly<Record<string, Item>>;
  /** Ids above and below in the trees; kept by the plant. */
  readonly parents: Item[];
  readonly children: Item[];
}
