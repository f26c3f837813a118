/**
 * The log on the bus: each line as one message. A line is published at once or dropped; nothing is kept for later, and
 * publishing never logs, so that the log cannot feed itself.
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

  /** Lines from now on are published; those before have gone to standard output only. */
  attach(publish: (message: LogMessage) => void): void {
    this.#publish = publish;
  }

  /** Takes a line as the log wrote it. Never throws. */
  readonly write = (line: string): void => {
    if (this.#publish === undefined || this.#busy) return;
    this.#busy = true;
    try {
      const message = logMessage(line, this.#identity);
      if (message !== undefined) this.#publish(message);
    } catch {
      // The line stands on standard output; a log that complains about itself would never end.
    } finally {
      this.#busy = false;
    }
  };
}

/** A line of the log as a message; undefined for one that is no line of this driver. */
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
