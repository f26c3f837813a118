/** Functions of type DATA and DATAHISTORY: reading values. */
import { z } from 'zod';
import { seriesChunkSchema } from '../series.ts';
import { timeInput, timeZoneInput } from '../time/time.ts';
import { pointSchema, scalarValue } from '../values.ts';
import { cursorParam, failedItem, itemsParam } from './common.ts';
import { defineFunction } from './define.ts';
import { gridParams, stampParam } from './grid.ts';

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

/** Default length of a lease. */
export const DEFAULT_LEASE_MS = 60_000;

/** The longest silence of a lease of this length: it then sends a message without items. */
export const leaseSilenceMs = (leaseMs: number): number => Math.min(30_000, leaseMs / 2);

export const eventpipepoll = defineFunction({
  name: 'eventpipepoll',
  type: 'DATA',
  description:
    'Opens a lease for changes of values: sends the current values first, then each newest value that differs from the ' +
    'last one sent, as messages of one answer, until the lease ends',
  params: z.strictObject({
    items: itemsParam,
    intervalMs: z
      .number()
      .int()
      .min(1000)
      .max(86_400_000)
      .default(5000)
      .describe('How often the items are read; of several samples in one interval only the newest is sent'),
    leaseMs: z
      .number()
      .int()
      .min(1000)
      .default(DEFAULT_LEASE_MS)
      .describe('Length of the lease; in place of "timeoutMs", which does not end it'),
    cursor: cursorParam.describe('Cursor of the previous lease: values that it has sent are not sent again'),
  }),
  item: z.union([snapshotItem, failedItem]),
});

export const boundaries = ['inside', 'outside', 'interpolated'] as const;
export type Boundary = (typeof boundaries)[number];

export const discrete = defineFunction({
  name: 'discrete',
  type: 'DATAHISTORY',
  description: 'Recorded samples without changes',
  params: z.strictObject({
    items: itemsParam,
    start: timeInput,
    end: timeInput,
    timeZone: timeZoneInput,
    boundary: z
      .enum(boundaries)
      .default('inside')
      .describe('outside: also the nearest sample before start and after end; interpolated: values at start and end'),
    limit: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe(
        'Samples of each item in this answer; use the cursor for the rest. Without it, a series with more than ' +
          '"samplesPerItem" is "tooLarge"; the server counts the samples before the driver sends any',
      ),
    cursor: cursorParam,
  }),
  item: z.union([seriesChunkSchema, failedItem]),
});

/** A range and its series: the common parameters of all functions of type DATAHISTORY. */
const rangeParams = { items: itemsParam, start: timeInput, end: timeInput, timeZone: timeZoneInput };

/** Where the signal has no value between two adjacent samples. */
const gaps = z
  .array(z.tuple([z.string(), z.string()]))
  .optional()
  .describe(
    'Pairs of times of neighbouring samples of this series; at some instant between them the signal has no value, ' +
      'so draw no line there: they are further apart than the maximum interpolation, or bad samples between them are omitted',
  );

export const plottedChunk = seriesChunkSchema.extend({
  step: z.boolean().optional().describe('Draw steps, not slopes, between the samples'),
  holdsUntil: z
    .string()
    .optional()
    .describe(
      'For steps and text: the last sample is the newest of all and holds its value up to this instant, which is the ' +
        'moment of the request, whether the range ends before or after it. Absent: draw nothing after the last sample',
    ),
  gaps,
  reducedBy: z
    .enum(['driver', 'server'])
    .optional()
    .describe(
      'Absent: all recorded samples. driver: recorded samples that the driver selected. server: the server computed a ' +
        'part, because there are too many samples to read: the value of the signal at the borders of short ' +
        'intervals, the lowest and the highest value in their middle, and null where it has no value',
    ),
});

/** Default number of intervals of a plot. */
export const PLOT_INTERVALS = 640;

export const plotted = defineFunction({
  name: 'plotted',
  type: 'DATAHISTORY',
  description:
    'Series for drawing: the recorded samples, or, if there are more than 5 for each interval, the first, last, lowest ' +
    'and highest good sample and a bad sample of each interval; text and steps with every change that fits. The ' +
    'nearest samples outside the range are included',
  params: z.strictObject({
    ...rangeParams,
    ...gridParams(
      `the number of intervals, usually the width of the plot in pixels; ${PLOT_INTERVALS} where none of the three is given`,
    ),
  }),
  item: z.union([plottedChunk, failedItem]),
});

export const interpolated = defineFunction({
  name: 'interpolated',
  type: 'DATAHISTORY',
  description:
    'Values at the borders of intervals by the interpolation of the signal; Bad Data where it has no value: next to bad ' +
    'samples, and between samples further apart than its maximum interpolation. Text is held, never interpolated',
  params: z.strictObject({
    ...rangeParams,
    ...gridParams(
      'the number of values, at even distances, the first at start and the last at end; 1: the value at start',
    ),
  }),
  item: z.union([seriesChunkSchema, failedItem]),
});

export const aggregateMethods = [
  'average',
  'min',
  'max',
  'range',
  'total',
  'stdDev',
  'first',
  'last',
  'minTime',
  'maxTime',
  'count',
  'countGood',
  'countBad',
  'percentGood',
  'durationGood',
  'durationBad',
  'durationInState',
  'countInState',
  'transitions',
] as const;
export type AggregateMethod = (typeof aggregateMethods)[number];

export const bases = ['time', 'samples'] as const;
export type Basis = (typeof bases)[number];

export const aggregatedChunk = seriesChunkSchema.extend({
  method: z.enum(aggregateMethods).describe('Each method is a separate series, with its own chunks'),
  basis: z
    .enum(bases)
    .describe('The basis of the request; always samples for a discrete signal, and time for a constant'),
  inState: scalarValue
    .optional()
    .describe(
      'For durationInState and countInState: the state of this series, because each state is a separate series; null ' +
        'if the signal has no value in the whole range',
    ),
});

export const aggregated = defineFunction({
  name: 'aggregated',
  type: 'DATAHISTORY',
  description:
    'Statistics of intervals, one series for each method, with definitions like those of process historians: of the ' +
    'signal with its values at the borders of an interval (basis time), or of the recorded samples alone (basis ' +
    'samples). Questionable: a part of the interval has no value, is bad or is not over. docs/statistics.md defines them',
  params: z.strictObject({
    ...rangeParams,
    ...gridParams('the number of intervals'),
    stamp: stampParam,
    basis: z
      .enum(bases)
      .default('time')
      .describe(
        'time: the signal in the interval, by its interpolation. samples: the recorded samples in the interval',
      ),
    methods: z
      .array(z.enum(aggregateMethods))
      .min(1)
      .max(aggregateMethods.length)
      .default(['average'])
      .describe(
        'Text has first, last, count, countGood, countBad, percentGood, durationGood, durationBad; text and steps have ' +
          'durationInState, countInState and transitions, too',
      ),
  }),
  item: z.union([aggregatedChunk, failedItem]),
});
