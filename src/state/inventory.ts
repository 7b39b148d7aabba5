import { isDeepStrictEqual } from 'node:util';
import { compareText, formatId } from '../resource/resource.ts';
import type { ResourceId } from '../resource/resource.ts';
import type { SeenVersion } from './seen-version.ts';

/** One object that a target owns, as its state in the cluster records it. */
export interface Entry {
  readonly id: ResourceId;
  /** With `id.kind`, how the object was last addressed. */
  readonly apiVersion: string;
  /** The file that defines it, from the repository's root. */
  readonly file: string;
  /** Null until the object was seen. */
  readonly uid: string | null;
  /** Of the body that was sent; null where a hash would be an oracle for a secret value. */
  readonly hash: string | null;
  /** Hash of which fields are ours and of our labels' and annotations' values (src/state/managed-fields-hash.ts), after the apply. */
  readonly managedFieldsHash: string | null;
  /** After the apply. Null: it is not compared. */
  readonly version: SeenVersion | null;
  /** Recorded before the object was written, by a run whose end is not known. `from`: the file it came from, if it moved. */
  readonly pending: { readonly from: string | null } | null;
}

export function entriesByObject(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  return Map.groupBy(entries, (entry) => formatId(entry.id));
}

/** Do both say the same, whatever the order of their keys? */
export function isSameEntry(a: Entry, b: Entry): boolean {
  return isDeepStrictEqual(a, b);
}

/** The same entries in the same order, as a shard holds them. */
export function areSameEntries(a: readonly Entry[], b: readonly Entry[]): boolean {
  return isDeepStrictEqual(a, b);
}

/** What has to stand in the inventory while a run works: everything old, and what it is about to write. */
export function union(old: readonly Entry[], incoming: readonly Entry[]): readonly Entry[] {
  const key = (entry: Entry) => `${entry.file}\n${formatId(entry.id)}`;
  const known = new Set(old.map(key));
  return sorted([...old, ...incoming.filter((entry) => !known.has(key(entry)))]);
}

export function sorted(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => compareText(a.file, b.file) || compareText(formatId(a.id), formatId(b.id)));
}

/** Of an object that exists: who it is, and which writing of it was seen. */
export interface ObservedVersion {
  readonly uid: string;
  readonly version: SeenVersion;
  readonly resourceVersion: string;
  /** As in `Entry`. */
  readonly managedFieldsHash: string | null;
}
