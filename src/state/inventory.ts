import { isDeepStrictEqual } from 'node:util';
import { compareText, formatId } from '../resource/resource.ts';
import type { ResourceId } from '../resource/resource.ts';
import type { SeenVersion } from './seen-version.ts';

/** One object that a target owns, as recorded in its state. */
export interface Entry {
  readonly id: ResourceId;
  /** The version in which the object was last read or written. */
  readonly apiVersion: string;
  /** The file that defines it, relative to the repository's root. */
  readonly file: string;
  /** Null until the object has been read. */
  readonly uid: string | null;
  /** Hash of the applied body; null where it would let a reader guess a secret value. */
  readonly hash: string | null;
  /** After the apply; see src/state/managed-fields-hash.ts. */
  readonly managedFieldsHash: string | null;
  /** After the apply. Null: not compared. */
  readonly version: SeenVersion | null;
  /** Recorded before the write, by a run that has not closed. `from`: the former file of an object that moved. */
  readonly pending: { readonly from: string | null } | null;
  /** The target that defines it now. Recorded before the release, and kept until that target has taken it over. */
  readonly releasedTo: string | null;
}

export function entriesByObject(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  return Map.groupBy(entries, (entry) => formatId(entry.id));
}

/** Are both equal, whatever the order of their keys? */
export function isSameEntry(a: Entry, b: Entry): boolean {
  return isDeepStrictEqual(a, b);
}

/** Are both equal, in the same order? */
export function areSameEntries(a: readonly Entry[], b: readonly Entry[]): boolean {
  return isDeepStrictEqual(a, b);
}

/** The inventory during a run: everything old, plus what the run is about to write. */
export function union(old: readonly Entry[], incoming: readonly Entry[]): readonly Entry[] {
  const key = (entry: Entry) => `${entry.file}\n${formatId(entry.id)}`;
  const known = new Set(old.map(key));
  return sorted([...old, ...incoming.filter((entry) => !known.has(key(entry)))]);
}

export function sorted(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => compareText(a.file, b.file) || compareText(formatId(a.id), formatId(b.id)));
}

/** The identity and version of a live object. */
export interface ObservedVersion {
  readonly uid: string;
  readonly version: SeenVersion;
  readonly resourceVersion: string;
  /** As in `Entry`. */
  readonly managedFieldsHash: string | null;
}
