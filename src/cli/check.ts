import { DEFAULT_INBOX } from '../bus/rights.ts';
import { countMarks, type CheckedGroup, type CheckReport } from '../checks/result.ts';
import { checkConnections } from '../app/checks.ts';
import { loadConfig, type Config, type LoadedConfig } from '../app/configuration.ts';
import { sourceKinds } from '../app/source-kinds.ts';
import { ConfigError } from '../config/problems.ts';
import { feedKinds } from '../ingest/feed-kinds.ts';
import type { FeedDefinition } from '../ingest/kind.ts';
import { problemText, type Problem } from '../lib/wording/problem.ts';
import type { SourceKind } from '../sources/kind.ts';
import { checkLines } from './output/checks.ts';
import { printableJson } from './output/printable.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';
import { packageVersion } from './version.ts';

export interface CheckCommandOptions {
  config?: string;
  /** Checks the configuration only. */
  offline?: boolean;
  json?: boolean;
  /** Time limit of one part, in milliseconds. */
  timeout?: number;
  takeOver?: boolean;
  inbox?: string[];
}

const PART_MS = 10_000;
/** The whole check has the time of so many parts after one another. */
const PARTS_IN_WHOLE = 4;

/**
 * `iota-seeqdrv check`: checks whether the configuration is usable, and whether everything that it names can be
 * reached and used.
 */
export async function check(options: CheckCommandOptions, terminal: Terminal): Promise<ExitCode> {
  const { json = false } = options;
  // With --json the object has the problems and warnings too.
  const loaded = await readForCheck(options.config, json ? undefined : terminal, terminal.env);
  if (loaded instanceof ConfigError) {
    if (json) terminal.out(reportOf(loaded.file, false, [], loaded.problems, loaded.warnings));
    return exitCodes.usage;
  }
  if (!json) for (const line of summary(loaded)) terminal.out(line);
  const groups = options.offline === true ? [] : await connections(loaded, options, terminal);
  if (json) terminal.out(reportOf(loaded.path, options.offline !== true, groups, [], loaded.warnings));
  else if (options.offline !== true) for (const line of checkLines(groups, terminal)) terminal.out(line);
  return countMarks(groups).failed > 0 ? exitCodes.failure : exitCodes.ok;
}

function connections({ config }: LoadedConfig, options: CheckCommandOptions, terminal: Terminal) {
  const { timeout: limitMs = PART_MS, takeOver = false, inbox: inboxes = [DEFAULT_INBOX] } = options;
  const limits = { limitMs, totalMs: PARTS_IN_WHOLE * limitMs, signal: terminal.closed };
  return checkConnections(config, { ...limits, version: packageVersion(), inboxes, takeOver });
}

/** The configuration, or why it cannot be used. Prints warnings and problems where there is a terminal. */
async function readForCheck(
  path: string | undefined,
  terminal: Terminal | undefined,
  env: Terminal['env'],
): Promise<LoadedConfig | ConfigError> {
  try {
    const loaded = await loadConfig({ path, env });
    for (const warning of loaded.warnings) terminal?.err(`warning: ${problemText(warning)}`);
    return loaded;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal?.err(error.message);
    return error;
  }
}

function reportOf(
  path: string,
  connected: boolean,
  groups: readonly CheckedGroup[],
  problems: readonly Problem[],
  warnings: readonly Problem[],
): string {
  const counts = countMarks(groups);
  const report: CheckReport = {
    version: 1,
    driver: 'iota-seeqdrv',
    time: new Date().toISOString(),
    configuration: {
      path,
      valid: problems.length === 0,
      problems: problems.map(({ path: at, message }) => ({ path: at, message })),
      warnings: warnings.map(({ path: at, message }) => ({ path: at, message })),
    },
    result: problems.length > 0 ? 'invalid' : counts.failed > 0 ? 'failed' : 'ok',
    connected,
    counts,
    groups: [...groups],
  };
  return printableJson(report, 2);
}

/**
 * Reads the configuration for a command. Prints warnings and every problem.
 * @returns undefined if it cannot be used
 */
export async function readConfig(path: string | undefined, terminal: Terminal): Promise<LoadedConfig | undefined> {
  const loaded = await readForCheck(path, terminal, terminal.env);
  return loaded instanceof ConfigError ? undefined : loaded;
}

/** Summary of a valid configuration, in a few lines. */
function summary({ path, config }: LoadedConfig): string[] {
  const { addresses, encrypted } = config.bus;
  const bus = addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
  return [
    `The configuration ${path} is valid.`,
    `  bus     ${bus} (${encrypted ? 'TLS' : 'plain TCP'}), requests on ${config.reqtopic}`,
    ...Object.entries<SourceKind>(sourceKinds).flatMap(([key, kind]) =>
      config[key as keyof typeof sourceKinds].map((entry) => `  server  ${entry.name}: ${kind.summary(entry)}`),
    ),
    ...(config.ingest === undefined ? [] : feedLines(config.ingest)),
  ];
}

function feedLines(ingest: NonNullable<Config['ingest']>): string[] {
  const { prefix, stream } = ingest;
  const where = stream.mode === 'core' ? 'core NATS, MAY BE LOST' : `stream ${stream.name}`;
  const feeds = Object.entries<FeedDefinition>(feedKinds).flatMap(([key, kind]) =>
    kind.summary(ingest[key as keyof typeof feedKinds]),
  );
  return [`  readings on ${prefix}.readings.> (${where})`, ...feeds.map((line) => `  feed    ${line}`)];
}
