import { formatId } from '../resource/resource.ts';
import { wasSeenFinished } from './finished.ts';
import type { Entry, ObservedVersion } from './inventory.ts';
import { isSameVersion } from './seen-version.ts';

/** An object as a metadata list shows it. */
export type Listed = Pick<ObservedVersion, 'uid' | 'version' | 'managedFieldsHash'> & {
  /** The object waits for its finalizers. */
  readonly isDeleting: boolean;
};

/** An object that may differ from Git; a dry run decides. */
export interface Suspect {
  /** As `formatId` writes it. */
  readonly object: string;
  /** The file that defines it. */
  readonly file: string;
}

/** The recorded objects that may have changed since the last apply. */
export function suspectsOf(entries: readonly Entry[], listed: ReadonlyMap<string, Listed>): readonly Suspect[] {
  return entries
    .filter((entry) => isSuspect(entry, listed.get(formatId(entry.id)) ?? null))
    .map(({ id, file }) => ({ object: formatId(id), file }));
}

function isSuspect(entry: Entry, live: Listed | null): boolean {
  // Pending: its file is dirty, so the next run reads it anyway.
  if (entry.pending !== null || entry.version === null) return false;
  if (live === null) return !wasSeenFinished(entry);
  // It is created again once it is gone.
  if (live.isDeleting) return false;
  if (entry.uid !== live.uid) return true;
  if (entry.version.kind === 'any') return false;
  return !isSameVersion(entry.version, live.version) || entry.managedFieldsHash !== live.managedFieldsHash;
}
