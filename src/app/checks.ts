/** The connection tests of a configuration: those of the bus, and of each kind of source and feed. */
import { checkBus } from '../bus/check.ts';
import type { CheckGroup } from '../checks/check.ts';
import { runChecks, type RunOptions } from '../checks/run.ts';
import type { CheckedGroup } from '../checks/result.ts';
import { checkHttp } from '../http/check.ts';
import type { Logger } from '../contract/log.ts';
import { feedKinds } from '../ingest/feed-kinds.ts';
import { streamRequirements } from '../ingest/ingest.ts';
import type { FeedDefinition } from '../ingest/kind.ts';
import { checkSource } from '../sources/check.ts';
import { busOptions } from './bus-options.ts';
import { busUseOf } from './bus-use.ts';
import type { Config } from './configuration.ts';
import { openHosts } from './endpoints.ts';

export interface CheckOptions extends RunOptions {
  readonly version: string;
  /** Below these subjects callers receive their answers. */
  readonly inboxes: readonly string[];
  /** Permission to log in at a broker with the client id of the driver, which ends the connection of a running one. */
  readonly takeOver: boolean;
}

/** Connects to everything that the configuration names, as the driver does, and closes all connections. */
export async function checkConnections(config: Config, options: CheckOptions): Promise<CheckedGroup[]> {
  const { inboxes, version, takeOver } = options;
  const { ingest } = config;
  const userAgent = `iota-seeqdrv/${version}`;
  const bus = checkBus({
    bus: busOptions(config.bus, 'iota-seeqdrv check', SILENT),
    use: busUseOf(config),
    inboxes,
    stream: ingest === undefined || ingest.stream.mode === 'core' ? undefined : streamRequirements(ingest),
  });
  const sources = openHosts(config, { userAgent, log: SILENT }).all.map(({ source }) => checkSource(source));
  const tools = { userAgent, takeOver, running: bus.running };
  const feeds = Object.entries<FeedDefinition>(feedKinds).flatMap(([key, kind]): readonly CheckGroup[] =>
    ingest === undefined ? [] : kind.check(ingest[key as keyof typeof feedKinds], tools),
  );
  const http = config.http === undefined ? [] : [checkHttp(config.http, bus.running)];
  try {
    return await runChecks([...bus.groups, ...sources, ...feeds, ...http], options);
  } finally {
    await bus.close();
  }
}

const nothing = (): void => undefined;
/** The results of the parts say what the log would. */
const SILENT: Logger = { debug: nothing, info: nothing, notice: nothing, warn: nothing, error: nothing };
