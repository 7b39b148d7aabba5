import type { RecordedInventory } from '../../state/target-state.ts';
import type { Entry } from '../../state/inventory.ts';
import { formatId } from '../../resource/resource.ts';
import { parentName } from './parent.ts';
import { LAYOUT, shardCount, shardOf } from './shard.ts';
import type { Layout } from './shard.ts';
import type { Shard, StateStore } from './state-store.ts';

/** The part of an inventory that one run has read. */
export interface InventoryView {
  readonly names: readonly string[];
  /** By name, as they stand in the cluster. */
  readonly shards: ReadonlyMap<string, Shard>;
  readonly inline: readonly Entry[];
  readonly isWhole: boolean;
}

/** Null when a listed shard is not there: the inventory has to be rebuilt, it is never taken for empty. */
export async function readInventory(
  { shards: names, inline }: RecordedInventory,
  { files, have }: { files: ReadonlySet<string> | 'all'; have: InventoryView | null },
  { store, signal }: { store: StateStore; signal: AbortSignal },
): Promise<InventoryView | null> {
  const wanted =
    files === 'all'
      ? names
      : [...new Set([...files].map((file) => nameFor(file, names)))].filter((name) => name !== undefined);
  const missing = wanted.filter((name) => have?.shards.has(name) !== true);
  const read = await Promise.all(missing.map((name) => store.readShard(name, signal)));
  if (read.includes(null)) return null;
  const shards = new Map([
    ...(have?.shards ?? []),
    ...read.filter((shard) => shard !== null).map((shard): [string, Shard] => [shard.name, shard]),
  ]);
  return { names, shards, inline, isWhole: shards.size === names.length };
}

/** Which shard holds an entry: by its file, so that a file's shard is known; a whole render has one file, so by its object. */
export type Spread = 'file' | 'object';

export function entriesOf(view: InventoryView): readonly Entry[] {
  return view.names.length === 0 ? view.inline : [...view.shards.values()].flatMap(({ entries }) => entries);
}

function nameFor(key: string, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names[shardOf(key, names.length)];
}

/** Names for a fresh layout, never used before: the old one stays valid until the parent lists the new one. */
export function freshNames(target: string, count: number, used: readonly string[]): readonly string[] {
  const last = Math.max(0, ...used.map((name) => Number(name.slice(name.lastIndexOf('.') + 1))));
  return Array.from({ length: count }, (_, index) => `${parentName(target)}.${last + 1 + index}`);
}

/** Does an inventory of this size want other shards than these? Only a run that has read everything can give it them. */
export function isOutgrown(names: readonly string[], entries: number, layout: Layout = LAYOUT): boolean {
  const wanted = shardCount(entries, layout);
  if (names.length === 0 || wanted === 0) return names.length !== wanted;
  // A shard that grew three times as large costs three times as much.
  return entries / names.length > 3 * layout.entriesPerShard || wanted * 3 < names.length;
}

/** Which entries each shard holds. */
export function distribute(
  entries: readonly Entry[],
  names: readonly string[],
  spread: Spread,
): ReadonlyMap<string, readonly Entry[]> {
  const keyOf = (entry: Entry) => (spread === 'object' ? formatId(entry.id) : entry.file);
  const byName = Map.groupBy(entries, (entry) => nameFor(keyOf(entry), names) ?? '');
  return new Map(names.map((name) => [name, byName.get(name) ?? []]));
}
