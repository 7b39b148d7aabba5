import type { Problem } from '../../error/deploy-error.ts';
import { formatId } from '../../resource/resource.ts';
import { entriesByObject, sorted } from '../../state/inventory.ts';
import type { Entry, ObservedVersion } from '../../state/inventory.ts';
import { retain } from '../model/plan.ts';
import type { Plan, Prune, Release, Write } from '../model/plan.ts';

/** The result of one change. A change that never ran because of an earlier failure has none. */
export type ChangeResult =
  | {
      readonly kind: 'applied';
      readonly write: Write;
      readonly seen: ObservedVersion;
      readonly effect: 'created' | 'updated' | 'unchanged';
      /** The API server's texts, including those for objects that had no dry run before. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'pruned'; readonly prune: Prune }
  | {
      readonly kind: 'kept';
      readonly prune: Prune;
      readonly reason: string;
      readonly forget: boolean;
      readonly isInUse?: true;
    }
  /** `isTaken`: it is gone, or has another owner by now. */
  | { readonly kind: 'released'; readonly release: Release; readonly isTaken: boolean }
  | { readonly kind: 'failed'; readonly change: Write | Prune | Release; readonly problem: Problem };

/** How many objects that something else made have this target's label now. */
export function adoptedIn(results: readonly ChangeResult[]): number {
  return results.filter((result) => result.kind === 'applied' && result.write.adopts === true).length;
}

/** The entries of the touched shards after these results; an entry without a result is unchanged. */
export function inventoryAfter(
  plan: Plan,
  results: readonly ChangeResult[],
  touched: ReadonlySet<string>,
): readonly Entry[] {
  const untouched = plan.during.filter((entry) => !touched.has(entry.file));
  const after = new Map(entriesByObject(plan.during.filter((entry) => touched.has(entry.file))));
  for (const { id } of plan.forgotten) after.delete(formatId(id));
  for (const { entry } of plan.keeps) after.set(formatId(entry.id), [entry]);
  for (const result of results) {
    if (result.kind === 'applied')
      after.set(formatId(result.write.candidate.resource.id), [appliedEntry(result.write, result.seen)]);
    if (result.kind === 'pruned' || (result.kind === 'kept' && result.forget))
      after.delete(formatId(result.prune.entry.id));
    if (result.kind === 'released' && result.isTaken) after.delete(formatId(result.release.entry.id));
    if (result.kind === 'kept' && !result.forget)
      after.set(formatId(result.prune.entry.id), [retain(result.prune.entry).entry]);
  }
  return sorted([...untouched, ...[...after.values()].flat()]);
}

function appliedEntry({ candidate: { resource, hash } }: Write, seen: ObservedVersion): Entry {
  const { id, apiVersion, source } = resource;
  return {
    id,
    apiVersion,
    file: source.path,
    uid: seen.uid,
    hash,
    managedFieldsHash: seen.managedFieldsHash,
    version: seen.version,
    pending: null,
    releasedTo: null,
  };
}
