/** The table of all functions of the contract, in the order of `functions`. */
import * as data from './data.ts';
import type { FunctionDeclaration } from './define.ts';
import * as general from './general.ts';
import * as search from './search.ts';

export const functionTable: readonly FunctionDeclaration[] = [
  general.version,
  general.functions,
  general.hosts,
  general.health,
  general.datasources,
  general.workbooks,
  search.tagsearch,
  search.elementsearch,
  search.timeframesearch,
  general.describe,
  data.snapshot,
  data.eventpipepoll,
  data.plotted,
  data.interpolated,
  data.discrete,
  data.aggregated,
  general.cancel,
  general.writedata,
];
