/** `version`, `hosts`, `health` and `functions`: facts about the driver. */
import { CONTRACT_VERSION } from '../../contract/answer.ts';
import { DriverError } from '../../contract/errors.ts';
import { paramsJsonSchema } from '../../contract/functions/define.ts';
import { type AbilityName, abilityNames } from '../../contract/functions/general.ts';
import * as general from '../../contract/functions/general.ts';
import { functionTable } from '../../contract/functions/table.ts';
import { withTimeout } from '../../lib/timeout.ts';
import type { SourceStatus } from '../../sources/source.ts';
import { hasAbilities } from '../abilities.ts';
import type { RequestContext } from '../context.ts';
import { type Handler, handler } from '../handler.ts';
import type { Host } from '../hosts.ts';

/** How long `version` waits for a server. After that it returns the last known version. */
const VERSION_WAIT_MS = 1000;

export const version: Handler = {
  ...handler(general.version, async (_params, context) => {
    const hosts = await Promise.all(
      context.selected.map(async (host) => {
        await withTimeout(VERSION_WAIT_MS, probe(host, context));
        return { name: host.source.name, version: host.health.state.version };
      }),
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
  }),
  needsNoServer: true,
};

/** A server whose state is not known within the budget is a failed item: its previous state may be outdated. */
export const hosts: Handler = {
  ...handler(general.hosts, async (_params, context) => {
    const states = context.selected.map((host) => {
      const { name, scheme, url } = host.source;
      const abilities = abilityNames.filter((ability) => hasAbilities(host, [ability]));
      const known = { name, scheme, url, abilities };
      return context.prepare({ host: name }, async () => {
        const { state, version, latencyMs, message } = await probe(host, context);
        return { ...known, state, version, latencyMs, ...(message === undefined ? {} : { message }) };
      });
    });
    for (const state of states) await (await state)();
  }),
  needsNoServer: true,
};

/** The states are those of the last probes and calls: the function asks no server. */
export const health: Handler = {
  ...handler(general.health, async (_params, context) => {
    const current = context.facts.health;
    if (current === undefined) throw new DriverError('unsupported', 'This process does not report its health.');
    await context.emit(await current());
  }),
  needsNoServer: true,
};

/** The list is correct because it is generated from the handlers. */
export function functionsHandler(served: () => ReadonlyMap<string, Handler>): Handler {
  const listing = handler(general.functions, async (_params, context) => {
    for (const declaration of functionTable) {
      const { name, type, description, unsupported } = declaration;
      const own = served().get(name);
      if (!own) {
        await context.emit({ name, type, description, supported: false, reason: unsupported ?? 'Not served here.' });
        continue;
      }
      const limits = Object.fromEntries((own.limits ?? []).map((limit) => [limit, context.limits[limit]]));
      const params = paramsJsonSchema(declaration);
      await context.emit({ name, type, description, supported: true, params, limits, ...able(own, context) });
    }
  });
  return { ...listing, needsNoServer: true };
}

/** The selected sources with the ability that a function needs. */
function able({ ability }: Handler, { selected }: RequestContext): { ability?: AbilityName; hosts?: string[] } {
  if (ability === undefined) return {};
  return { ability, hosts: selected.filter((host) => hasAbilities(host, [ability])).map(({ source }) => source.name) };
}

function probe(host: Host, context: RequestContext): Promise<SourceStatus> {
  return host.health.probe((signal) => context.callTo(host, { bypass: true, signal }), context.signal);
}
