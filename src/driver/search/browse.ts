/** Browsing the asset trees level by level, within a budget of assets. */
import { z } from 'zod';
import { formatFqn } from '../../contract/fqn.ts';
import { type Found, isUnreadable } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Host } from '../hosts.ts';
import { type AssetView, emitAssetItem } from './assets.ts';
import { failUnreadable } from './pages.ts';

export interface Browse {
  /** With the asset whose children are wanted; without one, the roots of each host. */
  starts: { host: Host; assetId: string | undefined }[];
  depth: number;
  include: AssetView['include'];
  /** Id or name: only what is scoped to this workbook or to none. */
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

/** Assets to pass over, by host, because earlier pages held them. */
const positionSchema = z.record(z.string(), z.number().int().min(0));

/**
 * Emits assets level by level: all of one level before the next, children in the order of the server. Each host has its
 * own walk; the limit counts all of them together.
 */
export async function browse(request: Browse, context: RequestContext): Promise<void> {
  const skip = request.cursor === undefined ? {} : decodeCursor(request.cursor, request.question, positionSchema);
  const budget = { left: request.limit };
  // A host that fails keeps its place too, so the next page neither repeats nor passes over its assets.
  const position: Record<string, number> = { ...skip };
  for (const start of request.starts) {
    const { name } = start.host.source;
    await context.part({ host: name }, async () => {
      const view = { include: request.include, scope: await scopeOf(start.host, request, context) };
      const cut = await walk({ ...start, view, depth: 1 }, skip[name] ?? 0, budget, request, context, () => {
        position[name] = (position[name] ?? 0) + 1;
      });
      if (cut) context.meta.truncated = true;
    });
  }
  if (!context.meta.truncated) return;
  context.meta.cursor = encodeCursor(request.question, position);
}

async function scopeOf(host: Host, { workbook }: Browse, context: RequestContext): Promise<string | undefined> {
  return workbook === undefined ? undefined : host.source.workbookId(workbook, context.callTo(host));
}

/** @returns whether the budget ended before the tree */
async function walk(
  start: Level,
  skip: number,
  budget: { left: number },
  { depth }: Browse,
  context: RequestContext,
  emitted: () => void,
): Promise<boolean> {
  const levels: Level[] = [start];
  let passed = 0;
  for (const level of levels) {
    const { assets } = await level.host.source.children(level.assetId, context.callTo(level.host), level.view.scope);
    for (const asset of assets) {
      if (!isUnreadable(asset) && asset.hasChildren && level.depth < depth)
        levels.push({ ...level, assetId: asset.id, depth: level.depth + 1 });
      if (passed++ < skip) continue;
      if (budget.left === 0) return true;
      budget.left--;
      if (isUnreadable(asset)) await failUnreadable(asset, undefined, level.host, context);
      else await emitAsset(asset, level, context);
      emitted();
    }
  }
  return false;
}

async function emitAsset(asset: Found, level: Level, context: RequestContext): Promise<void> {
  const { host, view, assetId, depth } = level;
  const { scheme, name } = host.source;
  const parent = assetId === undefined ? '' : formatFqn({ scheme, host: name, kind: 'asset', id: assetId });
  await emitAssetItem(asset, host, view, context, { parent, depth });
}
