/** Creates the sources of the driver from its configuration. Does not connect. */
import { Hosts } from '../driver/hosts.ts';
import type { SourceSetting } from '../sources/kind.ts';
import type { SourceKinds } from './configuration.ts';
import { sourceKinds } from './source-kinds.ts';

/** The part of a configuration that sources depend on: besides the limits, the list of each kind. */
export interface SourcesConfig {
  readonly limits: { readonly pageSamples: number; readonly concurrentRequests: number };
}

/** One host for each configured source. */
export function openHosts(
  config: SourcesConfig,
  setting: Omit<SourceSetting, 'pageSamples'>,
  kinds: SourceKinds = sourceKinds,
): Hosts {
  const { pageSamples, concurrentRequests: requests } = config.limits;
  const lists = config as unknown as Readonly<Record<string, readonly { name: string }[]>>;
  return new Hosts(
    Object.entries(kinds).flatMap(([key, kind]) =>
      (lists[key] ?? []).map((entry) => ({ ...kind.open(entry, { ...setting, pageSamples }), requests })),
    ),
  );
}
