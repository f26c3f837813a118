import { loadConfig, type Config, type LoadedConfig } from '../app/configuration.ts';
import { sourceKinds } from '../app/source-kinds.ts';
import { ConfigError } from '../config/problems.ts';
import { feedKinds } from '../ingest/feed-kinds.ts';
import type { FeedDefinition } from '../ingest/kind.ts';
import { problemText } from '../lib/wording/problem.ts';
import type { SourceKind } from '../sources/kind.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

/** `iota-seeqdrv check`: checks whether the configuration is usable. */
export async function check(path: string | undefined, terminal: Terminal): Promise<ExitCode> {
  const loaded = await readConfig(path, terminal);
  if (loaded === undefined) return exitCodes.usage;
  for (const line of summary(loaded)) terminal.out(line);
  return exitCodes.ok;
}

/**
 * Reads the configuration for a command. Prints warnings and every problem.
 * @returns undefined if it cannot be used
 */
export async function readConfig(path: string | undefined, terminal: Terminal): Promise<LoadedConfig | undefined> {
  try {
    const loaded = await loadConfig({ path, env: terminal.env });
    for (const warning of loaded.warnings) terminal.err(`warning: ${problemText(warning)}`);
    return loaded;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.err(error.message);
    return undefined;
  }
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
