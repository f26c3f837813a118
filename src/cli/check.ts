import { Command } from 'commander';
import type { IngestConfig } from '../config/config.ts';
import { CONFIG_FILE, CONFIG_VARIABLE, loadConfig, type LoadedConfig } from '../config/load.ts';
import { ConfigError, problemText } from '../config/problems.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

/** Text of the `--config` option, which several commands have. */
export const configOption = [
  '-c, --config <file>',
  `the configuration file (default: the variable ${CONFIG_VARIABLE}, else ./${CONFIG_FILE})`,
] as const;

/** `iota-seeqdrv check`: is the configuration usable? */
export function checkCommand(terminal: Terminal, finish: (code: ExitCode) => void): Command {
  return new Command('check')
    .description('read the configuration and name everything that is wrong with it')
    .option(...configOption)
    .action(async (options: { config?: string }) => {
      const loaded = await readConfig(options.config, terminal);
      if (loaded) for (const line of summary(loaded)) terminal.out(line);
      finish(loaded ? exitCodes.ok : exitCodes.usage);
    });
}

/**
 * Reads the configuration for a command: warnings, and every problem, go to the terminal.
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

/** What a good configuration amounts to, in a few lines. */
function summary({ path, config }: LoadedConfig): string[] {
  const { addresses, tls } = config.bus;
  const bus = addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
  return [
    `The configuration ${path} is good.`,
    `  bus     ${bus} (${tls ? 'TLS' : 'plain TCP'}), requests on ${config.reqtopic}`,
    ...config.servers.map(({ name, url, credentials }) => {
      const login = credentials.kind === 'accessKey' ? 'access key' : `user of directory ${credentials.directory}`;
      return `  server  ${name}: ${url} (${login})`;
    }),
    ...(config.ingest === undefined ? [] : feedLines(config.ingest)),
  ];
}

/** The feeds of device data, in the order of the configuration page. */
function feedLines({ prefix, stream, mqtt, i3, egress, iotopen, seneye }: IngestConfig): string[] {
  const where = stream.mode === 'core' ? 'core NATS, MAY BE LOST' : `stream ${stream.name}`;
  const brokers = Object.entries({ mqtt, i3, egress, iotopen }).flatMap(([kind, feeds]) =>
    feeds.map(({ name, url }) => `  feed    ${kind} ${name}: ${url}`),
  );
  return [
    `  readings on ${prefix}.readings.> (${where})`,
    ...brokers,
    ...(seneye === undefined
      ? []
      : [`  feed    seneye: port ${seneye.port}, ${seneye.sources.map(({ source }) => source).join(', ')}`]),
  ];
}
