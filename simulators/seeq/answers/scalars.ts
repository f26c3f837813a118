/** Scalars and their values. */
import type { Handlers } from '../http/call.ts';
import { readable } from './find.ts';
import { listPage } from './list.ts';
import { common, formulaOf, preview } from './shapes.ts';

export const scalarHandlers: Handlers = {
  get_scalars: ({ server, parameters }) => {
    const all = [...server.plant.ofType('LiteralScalar', 'CalculatedScalar')].filter((item) => !item.archived);
    const { part, frame, totalResults } = listPage(all, parameters, '/scalars');
    return { body: { ...frame, totalResults, items: part.map(preview) } };
  },
  get_scalar: ({ server, parameters }) => {
    const item = readable(server.plant, parameters.id, 'scalar');
    return { body: { ...common(item), ...formulaOf(item) } };
  },
  get_scalar_value: ({ server, parameters }) => {
    const { scalar } = readable(server.plant, parameters.id, 'scalar');
    return {
      body: {
        ...(scalar.value === undefined ? {} : { value: scalar.value }),
        uom: scalar.unit,
        isUncertain: false,
        returnType: 'Scalar',
        metadata: {},
        errors: [],
        warningCount: 0,
      },
    };
  },
};
