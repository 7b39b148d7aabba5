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
  /** By name, as stored in the cluster. */
  readonly shards: ReadonlyMap<string, Shard>;
  readonly inline: readonly Entry[];
  readonly isWhole: boolean;
}

/** Null if a listed shard is missing: the inventory must be rebuilt, never assumed empty. */
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

/** What selects an entry's shard: its file, so that one file needs one shard; or its object, if a render has only one file. */
export type Spread = 'file' | 'object';

export function entriesOf(view: InventoryView): readonly Entry[] {
  return view.names.length === 0 ? view.inline : [...view.shards.values()].flatMap(({ entries }) => entries);
}

function nameFor(key: string, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names[shardOf(key, names.length)];
}

/** Unused names for a new layout: the old one stays valid until the parent lists the new one. */
export function freshNames(target: string, count: number, used: readonly string[]): readonly string[] {
  const last = Math.max(0, ...used.map((name) => Number(name.slice(name.lastIndexOf('.') + 1))));
  return Array.from({ length: count }, (_, index) => `${parentName(target)}.${last + 1 + index}`);
}

/** Does an inventory of this size need another number of shards? Only a run that read everything can change the layout. */
export function isOutgrown(names: readonly string[], entries: number, layout: Layout = LAYOUT): boolean {
  const wanted = shardCount(entries, layout);
  if (names.length === 0 || wanted === 0) return names.length !== wanted;
  // Tolerates shards up to three times the intended size or a third of it: a new layout rewrites everything.
  return entries / names.length > 3 * layout.entriesPerShard || wanted * 3 < names.length;
}

/** The entries of each shard, by name. */
export function distribute(
  entries: readonly Entry[],
  names: readonly string[],
  spread: Spread,
): ReadonlyMap<string, readonly Entry[]> {
  const keyOf = (entry: Entry) => (spread === 'object' ? formatId(entry.id) : entry.file);
  const byName = Map.groupBy(entries, (entry) => nameFor(keyOf(entry), names) ?? '');
  return new Map(names.map((name) => [name, byName.get(name) ?? []]));
}
