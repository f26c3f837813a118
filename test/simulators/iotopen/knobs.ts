/** What can be turned on a running simulator: where versions of the platform differ, and what goes wrong. */

export interface Knobs {
  /** Longest address, in characters; a longer one is answered 414. */
  longestUrl: number;
  /** A platform that knows no POST for status and log: 405. */
  old: boolean;
  /** Most rows in one answer of the log, whatever the caller asks for. */
  logRows: number;
  /** How a log-in says that a second factor follows. */
  nextStepName: 'nextstep' | 'next_step';
  /** How a page of the log calls the time of its last row. */
  lastName: 'last' | 'last_time';
  /** Every answer waits this long, in milliseconds. */
  latencyMs: number;
  /** `down`: connections are cut; `hang`: no answer comes; `page`: a proxy answers 502 with a page; `garbage`: 200 with half an answer. */
  trouble: 'none' | 'down' | 'hang' | 'page' | 'garbage';
  /** Only calls whose path holds this text have the trouble. */
  troubledPath: string;
}

export const STANDARD_KNOBS: Knobs = {
  longestUrl: 8192,
  old: false,
  logRows: 100_000,
  nextStepName: 'nextstep',
  lastName: 'last',
  latencyMs: 0,
  trouble: 'none',
  troubledPath: '',
};
