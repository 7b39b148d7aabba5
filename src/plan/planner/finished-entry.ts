import type { Candidate } from '../model/facts.ts';
import type { Entry } from '../../state/inventory.ts';
import { runsOnce, wasSeenFinished } from '../../state/finished.ts';
import { asFinished } from '../../state/seen-version.ts';
import { isObject } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';

/** The entry of a Job or Pod that finished, or has a TTL, and is gone; null if it must be created. */
export function finishedEntry({ resource, hash }: Pick<Candidate, 'resource' | 'hash'>, entry: Entry | null) {
  if (entry === null || entry.pending !== null || entry.uid === null || !runsOnce(entry.id)) return null;
  // A changed manifest under the same name has not run yet.
  if (hash === null || entry.hash !== hash) return null;
  if (wasSeenFinished(entry)) return entry;
  return hasTtl(resource.object) ? { ...entry, version: asFinished(entry.version) } : null;
}

function hasTtl({ kind, spec }: JsonObject): boolean {
  return kind === 'Job' && isObject(spec) && spec['ttlSecondsAfterFinished'] !== undefined;
}
