/**
 * The headers by which a Seeq server tells what an answer has cost: comma-separated `name;dur=<number>;desc="<text>"`,
 * a decimal number in `Server-Timing`, a whole number in `Server-Meters`. Names and texts are the simulator's own.
 */
import type { RunningRequest } from './running.ts';

export function telemetryOf(running: RunningRequest): Record<string, string> {
  const ms = performance.now() - running.started;
  return {
    'server-timing': `request;dur=${ms.toFixed(3)};desc="Request Duration"`,
    'server-meters': 'requests;dur=1;desc="Requests"',
  };
}
