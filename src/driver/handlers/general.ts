/** `version`, `hosts` and `functions`: what the driver tells about itself. */
import { CONTRACT_VERSION } from '../../contract/answer.ts';
import { DriverError } from '../../contract/errors.ts';
import { paramsJsonSchema } from '../../contract/functions/define.ts';
import * as general from '../../contract/functions/general.ts';
import { functionTable } from '../../contract/functions/table.ts';
import type { SourceStatus } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { type Handler, handler } from '../handler.ts';
import type { Host } from '../hosts.ts';

/** A server that does not answer a small call in this time is reported as down. */
const PROBE_MS = 5_000;

export const version = handler(general.version, async (_params, context) => {
  const hosts = await Promise.all(
    context.selected.map(async (host) => ({
      name: host.source.name,
      version: (await probe(host, context)).version,
    })),
  );
  const { facts } = context;
  await context.emit({
    driver: 'iota-seeqdrv',
    version: facts.version,
    type: 'seeq',
    contract: CONTRACT_VERSION,
    instance: facts.instance,
    started: facts.started,
    hosts,
  });
});

export const hosts = handler(general.hosts, async (_params, context) => {
  const statuses = await Promise.all(context.selected.map((host) => probe(host, context)));
  for (const [position, host] of context.selected.entries()) {
    const { name, url } = host.source;
    await context.emit({ name, url, ...statuses[position] });
  }
});

/** The list is true because it is made from the handlers that are there. */
export function functionsHandler(served: () => ReadonlyMap<string, Handler>): Handler {
  return handler(general.functions, async (_params, context) => {
    for (const declaration of functionTable) {
      const { name, type, description, unsupported } = declaration;
      const own = served().get(name);
      if (!own) {
        await context.emit({ name, type, description, supported: false, reason: unsupported ?? 'Not served here.' });
        continue;
      }
      const limits = Object.fromEntries((own.limits ?? []).map((limit) => [limit, context.limits[limit]]));
      await context.emit({ name, type, description, supported: true, params: paramsJsonSchema(declaration), limits });
    }
  });
}

/** Asks past the queue: whether a server is well must not depend on how busy it is. */
async function probe(host: Host, context: RequestContext): Promise<SourceStatus> {
  const stop = new AbortController();
  const { name } = host.source;
  const silent = new DriverError('timeout', `Server "${name}" does not answer within ${PROBE_MS / 1000} seconds.`);
  const timer = setTimeout(() => {
    stop.abort(silent);
  }, PROBE_MS);
  const endWithRequest = () => {
    stop.abort(context.signal.reason);
  };
  context.signal.addEventListener('abort', endWithRequest, { once: true });
  try {
    return await host.source.probe(context.callTo(host, { bypass: true, signal: stop.signal }));
  } finally {
    clearTimeout(timer);
    context.signal.removeEventListener('abort', endWithRequest);
  }
}
