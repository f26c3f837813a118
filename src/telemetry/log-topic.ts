/**
 * The log on the bus: one message per line. A line is published at once or dropped. Nothing is buffered, and publishing
 * never logs, which prevents a loop.
 */
import { logLevels, type LogLevel, type LogMessage } from '../contract/telemetry.ts';
import { envelopeOf, type Identity } from './envelope.ts';

export class LogTopic {
  readonly #identity: Identity;
  #publish: ((message: LogMessage) => void) | undefined;
  #busy = false;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  /** Publishes lines from now on. Earlier lines went to standard output only. */
  attach(publish: (message: LogMessage) => void): void {
    this.#publish = publish;
  }

  /** Publishes a log line. Never throws. */
  readonly write = (line: string): void => {
    if (this.#publish === undefined || this.#busy) return;
    this.#busy = true;
    try {
      const message = logMessage(line, this.#identity);
      if (message !== undefined) this.#publish(message);
    } catch {
      // The line is on standard output. Logging this failure would cause a loop.
    } finally {
      this.#busy = false;
    }
  };
}

/** Converts a log line to a message. Undefined if it is not a line of this driver. */
export function logMessage(line: string, identity: Identity): LogMessage | undefined {
  const { level, time, msg, driverid: _driverid, instance: _instance, ...facts } = JSON.parse(line) as LogLine;
  if (!isLevel(level)) return undefined;
  return {
    kind: 'log',
    ...envelopeOf(identity, typeof time === 'string' ? time : undefined),
    level,
    message: typeof msg === 'string' ? msg : '',
    ...(Object.keys(facts).length === 0 ? {} : { facts }),
  };
}

interface LogLine {
  level?: unknown;
  time?: unknown;
  msg?: unknown;
  driverid?: unknown;
  instance?: unknown;
  [fact: string]: unknown;
}

const isLevel = (level: unknown): level is LogLevel => (logLevels as readonly unknown[]).includes(level);
