/** The log of the process: one JSON object a line on standard output, which containers collect. */
import { pino, stdSerializers, type Logger } from 'pino';
import { DriverError } from '../contract/errors.ts';
import { logLevels } from '../contract/telemetry.ts';

export interface LogOptions {
  /** IOTA's key of this name: 0 errors, 1 and warnings, 2 and information, 3 and debugging. */
  debug: number;
  /** Names this driver in every line. */
  driverid?: string | undefined;
  /** Tells replicas apart. */
  instance: string;
  /** Gets every line too, as it was written. Must not log itself. */
  also?: (line: string) => void;
}

/**
 * An error as it stands in the log. What the contract has a code for happened outside, and its message says what to do; only
 * a fault of the driver itself is found by where it happened.
 */
function describe(error: unknown): unknown {
  if (!(error instanceof DriverError) || error.code === 'internal') return stdSerializers.err(error as Error);
  const { type, message } = stdSerializers.err(error);
  return { type, code: error.code, message };
}

/** Opens the log. */
export function openLog({ debug, driverid, instance, also }: LogOptions): Logger {
  const out = pino.destination({ fd: 1, sync: true });
  return pino(
    {
      level: logLevels[debug] ?? 'error',
      base: { ...(driverid === undefined ? {} : { driverid }), instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describe },
      formatters: { level: (label) => ({ level: label }) },
    },
    also === undefined
      ? out
      : {
          write: (line) => {
            out.write(line);
            also(line);
          },
        },
  );
}
