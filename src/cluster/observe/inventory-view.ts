import type { InventoryView } from '../state/inventory-store.ts';
import type { ObserveQuestion } from '../../deploy/ports/cluster.ts';
import type { GatherContext } from './context.ts';
import { readInventory, isOutgrown } from '../state/inventory-store.ts';
import { rebuild } from '../state/rebuild.ts';
import type { Facts } from '../../plan/model/facts.ts';
import { entriesByObject } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';
import { rendersWhole } from '../../state/renderer.ts';

export interface View {
  readonly inventory: InventoryView;
  readonly isRebuilt: boolean;
}

/** Everything when all of Git was read: only then can the inventory get a new layout, and only then must it be compared as a whole. */
export function firstFiles(
  { source, desired }: ObserveQuestion,
  { parent }: GatherContext,
): ReadonlySet<string> | 'all' {
  return source.complete || parent === null ? 'all' : desired.touched;
}

export async function readOrRebuild(
  have: View | null,
  { context, files }: { context: GatherContext; files: ReadonlySet<string> | 'all' },
  signal: AbortSignal,
): Promise<View> {
  if (have?.isRebuilt === true) return have;
  const { parent, store } = context;
  const inventory =
    parent?.state.inventory.isRecorded === true
      ? await readInventory(parent.state.inventory, { files, have: have?.inventory ?? null }, { store, signal })
      : null;
  if (inventory !== null) return { inventory, isRebuilt: false };
  const kinds = await context.kinds.all(context.connection, signal);
  const entries = await rebuild(kinds, context, signal);
  return { inventory: { names: [], shards: new Map(), inline: entries, isWhole: true }, isRebuilt: true };
}

export function isNewLayout(
  { inventory, isRebuilt }: View,
  { entries, candidates, touched }: Pick<Facts, 'entries' | 'candidates' | 'touched'>,
  { layout }: GatherContext,
): boolean {
  if (isRebuilt) return true;
  // What will be there: a run that was killed has left entries of what it only meant to write.
  const others = entries.filter(({ file }) => !touched.has(file));
  return inventory.isWhole && isOutgrown(inventory.names, others.length + candidates.length, layout);
}

/** While files are dirty the recorded count leaves their objects out: a run that was killed may have changed them. */
export function countOf({ isWhole }: InventoryView, entries: readonly Entry[], { parent }: GatherContext): number {
  if (isWhole || parent === null) return entriesByObject(entries).size;
  const { inventory, run } = parent.state;
  const { dirty } = run;
  return inventory.count + entriesByObject(entries.filter(({ file }) => dirty === 'all' || dirty.includes(file))).size;
}

/** Moved from shard to shard one by one, an entry could be in none for a moment. */
export function hasNewSpread({ inventory }: View, question: ObserveQuestion, { parent }: GatherContext): boolean {
  if (parent === null || inventory.names.length === 0) return false;
  return rendersWhole(question.renderer) !== rendersWhole(parent.state.applied.renderer);
}
