import type { InventoryView } from '../state/inventory-store.ts';
import type { ObserveQuestion } from '../../deploy/ports/cluster.ts';
import type { GatherContext } from './context.ts';
import { readInventory, isOutgrown } from '../state/inventory-store.ts';
import type { Facts } from '../../plan/model/facts.ts';
import { entriesByObject } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';
import { rendersWhole } from '../../state/renderer.ts';

/** The inventory as one run reads it: from its shards, or rebuilt from the labels in the cluster. */
export interface View {
  readonly inventory: InventoryView;
  readonly isRebuilt: boolean;
}

/** All files if all of Git was read: only then must the whole inventory be compared, and can it get a new layout. */
export function initialFiles(
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
  // Only a target without a state needs it, so a function that starts for a push does not load it.
  const { rebuild } = await import('../state/rebuild.ts');
  const entries = await rebuild(kinds, context, signal);
  return { inventory: { names: [], shards: new Map(), inline: entries, isWhole: true }, isRebuilt: true };
}

export function isNewLayout(
  { inventory, isRebuilt }: View,
  { entries, candidates, touched }: Pick<Facts, 'entries' | 'candidates' | 'touched'>,
  { layout }: GatherContext,
): boolean {
  if (isRebuilt) return true;
  // Counts desired objects, not entries: a killed run leaves entries for objects that it never wrote.
  const others = entries.filter(({ file }) => !touched.has(file));
  return inventory.isWhole && isOutgrown(inventory.names, others.length + candidates.length, layout);
}

/** The recorded count excludes the objects of dirty files, which a killed run may have changed. */
export function countOf({ isWhole }: InventoryView, entries: readonly Entry[], { parent }: GatherContext): number {
  if (isWhole || parent === null) return entriesByObject(entries).size;
  const { inventory, run } = parent.state;
  const { dirty } = run;
  return inventory.count + entriesByObject(entries.filter(({ file }) => dirty === 'all' || dirty.includes(file))).size;
}

/** A new spread needs new shards: moved between existing ones, an entry could be missing from both for a moment. */
export function hasNewSpread({ inventory }: View, question: ObserveQuestion, { parent }: GatherContext): boolean {
  if (parent === null || inventory.names.length === 0) return false;
  return rendersWhole(question.renderer) !== rendersWhole(parent.state.applied.renderer);
}
