/** `version`, `hosts` and `functions`: what the driver tells about itself. */
import { CONTRACT_VERSION } from '../../contract/answer.ts';
import { paramsJsonSchema } from '../../contract/functions/define.ts';
import * as general from '../../contract/functions/general.ts';
import { functionTable } from '../../contract/functions/table.ts';
import type { SourceStatus } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { type Handler, handler } from '../handler.ts';
import type { Host } from '../hosts.ts';
import { probe } from '../probe.ts';

export const version = handler(general.version, async (_params, context) => {
  const hosts = await Promise.all(
    context.selected.map(async (host) => ({
      name: host.source.name,
      version: (await ask(host, context)).version,
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
  const statuses = await Promise.all(context.selected.map((host) => ask(host, context)));
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

function ask(host: Host, context: RequestContext): Promise<SourceStatus> {
  return probe(host, (signal) => context.callTo(host, { bypass: true, signal }), context.signal);
}
