/** Items that are made by a formula, as the formula part of the API shows them. */
import type { Handlers } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import { itemOf } from './find.ts';
import { common, formulaOf } from './shapes.ts';

export const formulaItemHandlers: Handlers = {
  // The plant has no user-defined functions; the built-in ones have no ids here.
  get_function: ({ server, parameters }) => {
    const item = itemOf(server.plant, parameters.id);
    throw new SeeqError(404, `The item with ID ${item.id} is not a formula function, but of type ${item.type}`);
  },
  get_item: ({ server, parameters }) => {
    const item = itemOf(server.plant, parameters.id);
    if (item.formula === undefined) throw new SeeqError(404, `The item with ID ${item.id} is not made by a formula`);
    return { body: { ...common(item), ...formulaOf(item) } };
  },
};
