/** Functions of type DATA and DATAHISTORY: reading values. */
import { z } from 'zod';
import { seriesPieceSchema } from '../series.ts';
import { timeInput, timeZoneInput } from '../time.ts';
import { pointSchema } from '../values.ts';
import { cursorParam, failedItem, itemsParam } from './common.ts';
import { defineFunction, noParams } from './define.ts';

export const snapshotItem = pointSchema.extend({
  index: z.number().int().min(0).describe("Position in the request's items"),
  fqn: z.string(),
});

export const snapshot = defineFunction({
  name: 'snapshot',
  type: 'DATA',
  description: 'The newest value at or before a time',
  params: z.strictObject({ items: itemsParam, time: timeInput.default('*'), timeZone: timeZoneInput }),
  item: z.union([snapshotItem, failedItem]),
});

export const eventpipepoll = defineFunction({
  name: 'eventpipepoll',
  type: 'DATA',
  description: 'Signs up for changes of values',
  params: noParams,
  item: failedItem,
  unsupported: 'Not built yet; use snapshot.',
});

export const boundaries = ['inside', 'outside', 'interpolated'] as const;
export type Boundary = (typeof boundaries)[number];

export const discrete = defineFunction({
  name: 'discrete',
  type: 'DATAHISTORY',
  description: 'Recorded samples as they are',
  params: z.strictObject({
    items: itemsParam,
    start: timeInput,
    end: timeInput,
    timeZone: timeZoneInput,
    boundary: z
      .enum(boundaries)
      .default('inside')
      .describe('outside: also the nearest sample before start and after end; interpolated: values at start and end'),
    limit: z.number().int().min(1).optional().describe('Samples an item in this answer; the rest by cursor'),
    cursor: cursorParam,
  }),
  item: z.union([seriesPieceSchema, failedItem]),
});

const historyNotBuilt = (name: string, description: string) =>
  defineFunction({
    name,
    type: 'DATAHISTORY',
    description,
    params: noParams,
    item: failedItem,
    unsupported: 'Not built yet; use discrete.',
  });

export const plotted = historyNotBuilt('plotted', 'Series fit for drawing');
export const interpolated = historyNotBuilt('interpolated', 'Evenly spaced values');
export const aggregated = historyNotBuilt('aggregated', 'Statistics over even intervals');
