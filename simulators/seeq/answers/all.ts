/** The handlers of all operations that the simulator does. */
import type { Handlers } from '../http/call.ts';
import { authHandlers } from './auth.ts';
import { conditionHandlers } from './conditions.ts';
import { formulaItemHandlers } from './formula-items.ts';
import { formulaHandlers } from './formulas.ts';
import { itemHandlers } from './items.ts';
import { scalarHandlers } from './scalars.ts';
import { signalHandlers } from './signals.ts';
import { sourceHandlers } from './sources.ts';
import { systemHandlers } from './system.ts';
import { treeHandlers } from './trees.ts';
import { folderHandlers } from './folders.ts';
import { metricHandlers } from './metrics.ts';
import { requestHandlers } from './requests.ts';
import { userHandlers } from './users.ts';
import { accessHandlers } from './access.ts';
import { worksheetHandlers } from './worksheets.ts';
import { swapHandlers } from './swaps.ts';

export const HANDLERS: Handlers = {
  ...systemHandlers,
  ...authHandlers,
  ...itemHandlers,
  ...treeHandlers,
  ...signalHandlers,
  ...conditionHandlers,
  ...scalarHandlers,
  ...formulaHandlers,
  ...formulaItemHandlers,
  ...sourceHandlers,
  ...folderHandlers,
  ...metricHandlers,
  ...requestHandlers,
  ...userHandlers,
  ...accessHandlers,
  ...worksheetHandlers,
  ...swapHandlers,
};
