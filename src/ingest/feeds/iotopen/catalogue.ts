/** Reads the catalogue of a platform: the required installations, each with its map of topics. */
import { DriverError } from '../../../contract/errors.ts';
import { inParallel } from '../../../lib/in-parallel.ts';
import type { Installation } from '../../../sources/iotopen/catalogue.ts';
import type { Platform } from '../../../sources/iotopen/platform.ts';
import { TopicMap } from './topic-map.ts';

/** The required part of the platform. */
export interface CatalogueSelection {
  /** Client ids. Default: all that are assigned to the account. */
  readonly installations?: readonly number[] | undefined;
  /** Function types. Default: all. */
  readonly types?: readonly string[] | undefined;
}

export interface Catalogue {
  readonly entries: readonly { readonly installation: Installation; readonly map: TopicMap }[];
  /** Problems of the catalogue that do not prevent its use. */
  readonly notices: readonly string[];
}

/** Installations that are read concurrently. */
const AT_ONCE = 4;

/** @throws DriverError */
export async function loadCatalogue(
  platform: Platform,
  selection: CatalogueSelection,
  signal: AbortSignal,
): Promise<Catalogue> {
  const { items, unreadable } = await platform.installations(signal);
  const notices = unreadable === 0 ? [] : [`${unreadable} installations cannot be understood.`];
  const wanted = items.filter(
    ({ clientId, assigned }) => selection.installations?.includes(clientId) ?? assigned !== false,
  );
  const missing = selection.installations?.filter((id) => !items.some(({ clientId }) => clientId === id)) ?? [];
  if (missing.length > 0) {
    notices.push(
      `The account does not see the installations with client id ${missing.join(', ')}. Assign them to it, or correct "installations" (client ids, not the ids of REST).`,
    );
  }
  const entries: { installation: Installation; map: TopicMap }[] = [];
  for (const loaded of await inParallel(wanted, AT_ONCE, (one) => loadInstallation(platform, one, selection, signal))) {
    notices.push(...loaded.notices);
    if (loaded.map !== undefined) entries.push({ installation: loaded.installation, map: loaded.map });
  }
  return { entries, notices };
}

async function loadInstallation(
  platform: Platform,
  installation: Installation,
  selection: CatalogueSelection,
  signal: AbortSignal,
) {
  const notices: string[] = [];
  const note = (text: string): void => {
    notices.push(`Installation ${installation.clientId} "${installation.name}": ${text}`);
  };
  try {
    const [functions, devices] = await Promise.all([
      platform.functions(installation, signal),
      platform.devices(installation, signal),
    ]);
    const map = new TopicMap(installation, functions.items, devices.items, selection.types);
    const unreadable = functions.unreadable + devices.unreadable;
    if (unreadable > 0) note(`Functions and devices that cannot be understood: ${unreadable}.`);
    if (map.unusable > 0) note(`Functions with an invalid topic: ${map.unusable}.`);
    return { installation, map, notices };
  } catch (error) {
    // An installation that the account may not read, or that was just removed, must not block the others.
    if (!(error instanceof DriverError) || !['forbidden', 'notFound'].includes(error.code)) throw error;
    note(error.message);
    return { installation, map: undefined, notices };
  }
}
