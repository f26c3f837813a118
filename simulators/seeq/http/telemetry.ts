/**
 * The headers by which a Seeq server tells what an answer has cost: comma-separated `name;dur=<number>;desc="<text>"`,
 * a decimal number in `Server-Timing`, a whole number in `Server-Meters`. The texts are those that the vendor's client
 * looks for. The simulator has neither sources nor a cache, so that only the processing takes time.
 */
import type { ActiveRequest } from './running.ts';

const TIMINGS = [
  'Datasource',
  'Cache',
  'Processing',
  'GC',
  'Request Queue',
  'Calc Engine Queue',
  'Seeq Database',
  'Total',
];
const TAKES_TIME = ['Processing', 'Total'];
const METERS = [
  'Datasource Samples Read',
  'Datasource Capsules Read',
  'Cache Samples Read',
  'Cache Capsules Read',
  'Cache In-Memory Samples Read',
  'Cache In-Memory Capsules Read',
  'Database Items Read',
  'Database Relationships Read',
];

export function telemetryOf(running: ActiveRequest): Record<string, string> {
  const ms = performance.now() - running.started;
  const entry = (text: string, at: number, dur: string): string => `${at};dur=${dur};desc="${text}"`;
  return {
    'server-timing': TIMINGS.map((text, at) => entry(text, at, (TAKES_TIME.includes(text) ? ms : 0).toFixed(2))).join(),
    'server-meters': METERS.map((text, at) => entry(text, at, '0')).join(),
  };
}
