/** Browses the asset trees level by level, with a limit of assets. */
import { z } from 'zod';
import { formatFqn } from '../../contract/fqn.ts';
import { type FoundItem, isReadable, isUnreadable, type UnreadableItem } from '../../sources/source.ts';
import { abilityOf } from '../abilities.ts';
import type { RequestContext } from '../context.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Host } from '../hosts.ts';
import { inParallel } from '../../lib/in-parallel.ts';
import { type AssetView, prepareAsset } from './assets.ts';
import { failUnreadable } from './pages.ts';

export interface Browse {
  /** With the asset whose children are requested. Without one, the roots of each host. */
  starts: { host: Host; assetId: string | undefined }[];
  depth: number;
  include: AssetView['include'];
  /** Id or name: only items that are scoped to this workbook or to none. */
  workbook?: string | undefined;
  limit: number;
  cursor: string | undefined;
  question: unknown;
}

interface Level {
  host: Host;
  view: AssetView;
  assetId: string | undefined;
  depth: number;
}

/** Number of assets to skip per host, because earlier pages contained them. */
const positionSchema = z.record(z.string(), z.number().int().min(0));

/** An asset on this page, and its level. */
interface Step {
  asset: FoundItem | UnreadableItem;
  level: Level;
}

/** The traversal of the trees of one host. */
interface Walk {
  steps: Step[];
  /** The page ended before the tree. */
  cut: boolean;
}

/** Assets of one host whose details are requested concurrently. */
const DETAILS_AT_ONCE = 8;

/**
 * Emits assets level by level: all of one level before the next, children in the server's order. Each host has its own
 * traversal. The limit counts all of them together, in the order of the hosts. The traversals run in parallel, so that
 * a slow host does not delay the others.
 */
export async function browse(request: Browse, context: RequestContext): Promise<void> {
  const skip = request.cursor === undefined ? {} : decodeCursor(request.cursor, request.question, positionSchema);
  const walks: Walk[] = request.starts.map(() => ({ steps: [], cut: false }));
  // Results of earlier hosts are certainly on the page, so a traversal may stop at the remaining number.
  const room = (at: number): number =>
    walks.slice(0, at + 1).reduce((left, { steps }) => left - steps.length, request.limit);
  const work = request.starts.map((start, at) =>
    context.using(start.host, () => walkHost(start, walks[at], () => room(at), skip, request, context)),
  );
  // Handled below, one after another. None may become an unhandled rejection because an earlier one fails.
  void Promise.allSettled(work);

  // A host that fails keeps its position too, so the next page neither repeats nor skips its assets.
  const position: Record<string, number> = { ...skip };
  let left = request.limit;
  for (const [at, { host }] of request.starts.entries()) {
    const { name } = host.source;
    const { items, conclude } = (await work[at]) ?? {};
    const { steps = [], cut = false } = walks[at] ?? {};
    const page = steps.slice(0, left);
    for (const [index, step] of page.entries()) {
      await (items?.[index] ?? (await prepareStep(step, context)))();
      position[name] = (position[name] ?? 0) + 1;
    }
    left -= page.length;
    if (cut || steps.length > page.length) context.meta.truncated = true;
    await conclude?.();
  }
  if (!context.meta.truncated) return;
  context.meta.cursor = encodeCursor(request.question, position);
}

/** Finds the assets of one host, and requests their details. Results before a failure are kept in the walk. */
async function walkHost(
  start: Browse['starts'][number],
  walk: Walk | undefined,
  room: () => number,
  skip: Record<string, number>,
  request: Browse,
  context: RequestContext,
) {
  const { host } = start;
  const { name } = host.source;
  const found = walk ?? { steps: [], cut: false };
  const conclude = await context.attempt(
    { host: name },
    async () => {
      const view = { include: request.include, scope: await scopeOf(host, request, context) };
      await collect({ ...start, view, depth: 1 }, skip[name] ?? 0, found, room, request, context);
      const { steps } = found;
      return steps.length > 0 && steps.every(({ asset }) => isReadable(asset)) ? 'found' : 'read';
    },
    host,
  );
  const items: (() => Promise<void> | undefined)[] = [];
  if (request.include.length > 0) {
    await inParallel(found.steps.entries().toArray(), DETAILS_AT_ONCE, async ([index, step]) => {
      // Earlier hosts may have filled the page meanwhile.
      if (index < found.steps.length + room()) items[index] = await prepareStep(step, context);
    });
  }
  return { items, conclude };
}

async function scopeOf(host: Host, { workbook }: Browse, context: RequestContext): Promise<string | undefined> {
  return workbook === undefined ? undefined : abilityOf(host, 'lists').workbookId(workbook, context.callTo(host));
}

async function collect(
  start: Level,
  skip: number,
  walk: Walk,
  room: () => number,
  { depth }: Browse,
  context: RequestContext,
): Promise<void> {
  const levels: Level[] = [start];
  let passed = 0;
  for (const level of levels) {
    const { host, view, assetId } = level;
    const { assets } = await abilityOf(host, 'assets').children(assetId, context.callTo(host), view.scope);
    for (const asset of assets) {
      if (!isUnreadable(asset) && asset.hasChildren && level.depth < depth)
        levels.push({ ...level, assetId: asset.id, depth: level.depth + 1 });
      if (passed++ < skip) continue;
      if (room() <= 0) {
        walk.cut = true;
        return;
      }
      walk.steps.push({ asset, level });
    }
  }
}

async function prepareStep({ asset, level }: Step, context: RequestContext): Promise<() => Promise<void> | undefined> {
  const { host, view, assetId, depth } = level;
  if (isUnreadable(asset)) return async () => failUnreadable(asset, undefined, host, context);
  const { scheme, name } = host.source;
  const parent = assetId === undefined ? '' : formatFqn({ scheme, host: name, kind: 'asset', id: assetId });
  return prepareAsset(asset, host, view, context, { parent, depth });
}
