/** What can be turned on a running simulator: where versions of the platform differ, and what goes wrong. */

export interface Behaviour {
  /** Longest address, in characters; a longer one is answered 414. */
  longestUrl: number;
  /** What it is answered: 414, or 431 as some proxies do. */
  tooLong: 414 | 431;
  /** A platform that knows no POST for status and log: 405. */
  old: boolean;
  /** Most rows in one answer of the log, whatever the caller asks for. */
  logRows: number;
  /** A value is in the log only for this time after its arrival, in milliseconds. */
  logDelayMs: number;
  /** So many pages of the log are still given; after them it is answered 500. */
  logPages: number;
  /** In which order rows of the log come: as asked for, or in the order in which they came to the platform. */
  logOrder: 'asked' | 'arrival';
  /** By how much its clock is ahead, in milliseconds. */
  clockAheadMs: number;
  /** How a log-in says that a second factor follows. */
  nextStepName: 'nextstep' | 'next_step';
  /** How a page of the log calls the time of its last row. */
  lastName: 'last' | 'last_time';
  /** Every answer waits this long, in milliseconds. */
  latencyMs: number;
  /**
   * `down`: connections are cut; `hang`: no answer comes; `page`: a proxy answers 502 with a page, `noRoute`: 404; `garbage`: 200 with half an answer;
   * `half`: the connection is cut in the middle of an answer; `busy`: 429; `restarting`: 503. The last two ask to come
   * again after `retryAfter`.
   */
  fault: 'none' | 'down' | 'hang' | 'page' | 'noRoute' | 'garbage' | 'half' | 'busy' | 'restarting';
  /** Which part of the calls has the fault, from 0 to 1; spread evenly. */
  faultShare: number;
  /** Header `Retry-After`; empty for none. */
  retryAfter: string;
  /** Answers are compressed for callers that take it. */
  gzip: boolean;
  /** Only calls whose path holds this text have the fault. */
  faultPath: string;
}

export const DEFAULT_BEHAVIOUR: Behaviour = {
  longestUrl: 8192,
  tooLong: 414,
  old: false,
  logRows: 100_000,
  logDelayMs: 0,
  clockAheadMs: 0,
  logPages: Infinity,
  logOrder: 'asked',
  nextStepName: 'nextstep',
  lastName: 'last',
  latencyMs: 0,
  fault: 'none',
  faultPath: '',
  faultShare: 1,
  retryAfter: '',
  gzip: true,
};
