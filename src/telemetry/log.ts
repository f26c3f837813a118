/** The log of the process: one JSON object a line on standard output, which containers collect. */
import { pino, type Logger } from 'pino';

/** IOTA's key `debug`: 0 errors, 1 and warnings, 2 and information, 3 and debugging. */
const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export interface LogOptions {
  /** 0 to 3, see the configuration key `debug`. */
  debug: number;
  /** Names this driver in every line. */
  driverid?: string | undefined;
  /** Tells replicas apart. */
  instance: string;
}

/** Opens the log. */
export function openLog({ debug, driverid, instance }: LogOptions): Logger {
  return pino({
    level: LEVELS[debug] ?? 'info',
    base: { ...(driverid === undefined ? {} : { driverid }), instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
