/**
 * The log of the process: lines on standard output, which containers collect, and in a file if one is configured. Each
 * line is one JSON object, or a text for people.
 */
import { format } from 'node:util';
import { pino, stdSerializers } from 'pino';
import { DriverError } from '../contract/errors.ts';
import { limited, type Logger } from '../contract/log.ts';
import { logLevels } from '../contract/telemetry.ts';
import { escapedJson } from '../lib/wording/escaped.ts';
import { styled, styleOf } from './log-text.ts';
import type { LogFormat } from './config.ts';
import { standardOutput, type Output, type OutputOptions } from './output.ts';
import { RollingFile, type RollingFileOptions } from './rolling-file.ts';

export interface LogOptions {
  /** IOTA's key of this name: 0 errors, 1 also warnings, 2 also information, 3 also debug messages. */
  debug: number;
  /** Id of this driver in every line. */
  driverid?: string | undefined;
  /** Distinguishes replicas. */
  instance: string;
  /** Receives every line as well, as written. Must not log itself. */
  also?: (line: string) => void;
  /** Where lines are written. Default: standard output. */
  output?: (options: OutputOptions) => Output;
  /** Form of the lines on standard output and in the file. Default: `json`. */
  format?: LogFormat | undefined;
  /** Environment, of which `NO_COLOR` and `TERM` are read. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** A file to which every line is also written. */
  file?: Pick<RollingFileOptions, 'path' | 'maxBytes' | 'keep' | 'scanMs' | 'write'> | undefined;
}

/** Lines that were not written, since the start. */
export interface LogNumbers {
  /** Standard output did not accept them. */
  dropped: number;
  /** Suppressed because there were too many of their kind. */
  leftOut: number;
  /** They are missing in the log file. Absent without one. */
  fileLost?: number;
}

export interface Log {
  readonly logger: Logger;
  readonly numbers: () => LogNumbers;
  /** Writes the waiting lines, within the timeout. Later lines are still written if there is room. */
  readonly close: (timeoutMs: number) => Promise<void>;
}

/** Above the error level, so that no log level suppresses it. It is written as information. */
const NOTICE = 51;
/** Many logged texts are external: each is cut, and a line that is still too long keeps only its message. */
const LONGEST_FACT = 1000;
const LONGEST_MESSAGE = 4096;
const LONGEST_LINE = 16_384;
/** Time for the last lines of a process that crashes. */
const LAST_WORDS_MS = 200;

/** Opens the log. */
export function openLog(options: LogOptions): Log {
  const { debug, driverid, instance, also, output = standardOutput, format = 'json', env = {} } = options;
  const out = output({
    onDropped: (lines) => {
      logger.warn({ dropped: lines }, `${lines} log lines were dropped: standard output did not take them`);
    },
  });
  const style = styleOf(format, out.isTerminal, env);
  const fileStyle = styleOf(format, false, env);
  const file =
    options.file &&
    new RollingFile({
      ...options.file,
      onChange: ({ problem, lost }) => {
        reportFile(logger, problem, lost);
      },
    });
  const logger = pino<'notice'>(
    {
      level: logLevels[debug] ?? 'error',
      customLevels: { notice: NOTICE },
      base: { ...(driverid === undefined ? {} : { driverid }), instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describe },
      formatters: { level: (label) => ({ level: label === 'notice' ? 'info' : label }), log: cutFacts },
      hooks: {
        logMethod(args, method) {
          const [facts, message] = args as unknown as [object, string];
          method.call(this, facts as unknown as string, cut(message, LONGEST_MESSAGE));
        },
      },
    },
    {
      write: (written: string) => {
        const line = escapedJson(written.length > LONGEST_LINE ? shorter(written) : written);
        out.write(styled(line, style));
        file?.write(styled(line, fileStyle));
        also?.(line);
      },
    },
  );
  const end = watchProcess(logger, () => {
    file?.flushSync();
    out.flushSync(LAST_WORDS_MS);
  });
  return {
    logger,
    numbers: () => ({
      dropped: out.dropped,
      leftOut: limited(logger).leftOut,
      ...(file === undefined ? {} : { fileLost: file.lost }),
    }),
    close: async (timeoutMs) => {
      limited(logger).flush();
      await Promise.all([out.flush(timeoutMs), file?.close(timeoutMs)]);
      end();
    },
  };
}

function reportFile(logger: Logger, problem: string | undefined, lost: number): void {
  const log = limited(logger);
  if (problem !== undefined) {
    log.error('log file', {}, `The log file ${problem} Lines wait in memory up to 1 MiB; further ones are lost.`);
  } else if (lost > 0) {
    log.warn('log file', { lost }, `${lost} lines are missing in the log file: it could not be written in time.`);
  } else {
    log.notice('log file', {}, 'The log file is written again, and no line is missing.');
  }
}

/** Logs the reason of a crash, and console output of libraries. Returns a function that ends this. */
function watchProcess(logger: Logger, leave: () => void): () => void {
  const crash = (error: Error): void => {
    logger.error({ err: error }, 'The driver ends because of an internal error');
  };
  process.on('uncaughtExceptionMonitor', crash);
  process.on('exit', leave);
  // The NATS client reports some connection faults here. A raw line would not match the log format.
  const { log, error } = console;
  const told = (...args: unknown[]): void => {
    limited(logger).warn('a library', {}, `A library reports: ${format(...args)}`);
  };
  Object.assign(console, { log: told, error: told });
  return () => {
    Object.assign(console, { log, error });
    process.off('uncaughtExceptionMonitor', crash);
    process.off('exit', leave);
  };
}

/**
 * An error in its log format. An error with a contract code has an external cause, and its message contains the remedy.
 * Only a defect of the driver itself needs a stack.
 */
function describe(error: unknown): unknown {
  const shown = unquoted(error);
  if (!(error instanceof DriverError) || error.code === 'internal') {
    return cutAll(stdSerializers.err(error as Error), shown);
  }
  const { type, message } = stdSerializers.err(error);
  return { type, code: error.code, message: cut(shown(message), LONGEST_MESSAGE) };
}

/** Most nested causes whose texts are checked. */
const MOST_CAUSES = 8;

/** Removes the parts of an invalid text that the JSON parser quotes, since they may contain a secret. */
function unquoted(error: unknown): (text: string) => string {
  const quoting: string[] = [];
  for (let at = error, n = 0; at instanceof Error && n < MOST_CAUSES; at = at.cause, n++) {
    if (at instanceof SyntaxError && at.message.endsWith(' is not valid JSON')) quoting.push(at.message);
  }
  return (text) => quoting.reduce((rest, message) => rest.replaceAll(message, 'it is not valid JSON'), text);
}

/** The texts of an error, which are longer because of the stack. */
function cutAll(error: unknown, shown: (text: string) => string): unknown {
  if (typeof error !== 'object' || error === null) return error;
  return Object.fromEntries(
    Object.entries(error).map(([name, value]) => [
      name,
      typeof value === 'string' ? cut(shown(value), LONGEST_MESSAGE) : (value as unknown),
    ]),
  );
}

function cutFacts(facts: Record<string, unknown>): Record<string, unknown> {
  let result = facts;
  for (const [name, value] of Object.entries(facts)) {
    if (typeof value !== 'string' || value.length <= LONGEST_FACT) continue;
    if (result === facts) result = { ...facts };
    result[name] = cut(value, LONGEST_FACT);
  }
  return result;
}

const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}... (${text.length} characters)`;

/** The line without its fields. */
function shorter(line: string): string {
  const { level, time, driverid, instance, msg } = JSON.parse(line) as Record<string, unknown>;
  return `${JSON.stringify({ level, time, driverid, instance, factsBytes: line.length, msg })}\n`;
}
