import { isIPv6 } from 'node:net';
import type { IngestConfig } from '../config/config.ts';
import type { ProxyConfig } from '../config/proxy.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { ConfigError } from '../config/problems.ts';
import { problemText } from '../lib/problem.ts';
import { hideSecrets } from '../lib/shown-value.ts';
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
  const { addresses, tls } = config.bus;
  const bus = addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
  return [
    `The configuration ${path} is valid.`,
    `  bus     ${bus} (${tls ? 'TLS' : 'plain TCP'}), requests on ${config.reqtopic}`,
    ...config.servers.map(({ name, url, credentials, proxy }) => {
      const login = credentials.kind === 'accessKey' ? 'access key' : `user of directory ${credentials.directory}`;
      return `  server  ${name}: ${url} (${login})${via(proxy)}`;
    }),
    ...(config.ingest === undefined ? [] : feedLines(config.ingest)),
  ];
}

const via = (proxy: ProxyConfig | undefined): string =>
  proxy === undefined ? '' : `, through the proxy ${proxy.url} (${proxy.from})`;

/** The URL that users enter in the senders. */
function listenerUrl({ host, port, path, tls }: NonNullable<IngestConfig['seneye']>): string {
  const address = host === undefined ? '<this machine>' : isIPv6(host) ? `[${host}]` : host;
  return `${tls === undefined ? 'http' : 'https'}://${address}:${port}${path}`;
}

/** The feeds, in the order of the configuration page. */
function feedLines({ prefix, stream, mqtt, i3, egress, iotopen, seneye }: IngestConfig): string[] {
  const where = stream.mode === 'core' ? 'core NATS, MAY BE LOST' : `stream ${stream.name}`;
  const brokers = Object.entries({ mqtt, i3, egress, iotopen }).flatMap(([kind, feeds]) =>
    feeds.map(
      ({ name, url, ...feed }) =>
        `  feed    ${kind} ${name}: ${hideSecrets(url)}${'proxy' in feed ? via(feed.proxy) : ''}`,
    ),
  );
  return [
    `  readings on ${prefix}.readings.> (${where})`,
    ...brokers,
    ...(seneye === undefined
      ? []
      : [`  feed    seneye: ${listenerUrl(seneye)} for ${seneye.sources.map(({ source }) => source).join(', ')}`]),
  ];
}
