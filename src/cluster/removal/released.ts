import { ownerOf } from '../../plan/ownership/ownership.ts';
import type { Owner } from '../../plan/ownership/ownership.ts';
import type { Entry } from '../../state/inventory.ts';
import { readOwned } from '../api/owned.ts';
import type { OwnedContext } from '../api/owned.ts';

/** Who owns each of these objects, which this target released, if it got so far. `other` also for one that is gone. */
export async function ownersOfReleased(
  entries: readonly Entry[],
  context: OwnedContext & { readonly applySetId: string },
  signal: AbortSignal,
): Promise<ReadonlyMap<Entry, Owner['kind']>> {
  return new Map(
    await Promise.all(
      entries.map(async (entry): Promise<[Entry, Owner['kind']]> => {
        const live = (await readOwned(entry, context, signal))?.live ?? null;
        const isGone = live === null || live.deletionTimestamp !== null || live.uid !== entry.uid;
        return [entry, isGone ? 'other' : ownerOf(live, context.applySetId).kind];
      }),
    ),
  );
}
