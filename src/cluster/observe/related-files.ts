import type { Candidate } from '../../plan/model/facts.ts';
import { entriesByObject } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';
import { formatId } from '../../resource/resource.ts';
import { inParallel } from '../../exchange/pool.ts';
import { REQUESTS_AT_ONCE } from '../api/session.ts';
import { ensureKindsKnown, readOwned } from '../api/owned.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import type { GatherContext } from './context.ts';
import { keptFor } from '../../plan/ownership/kept-for.ts';
import { ownerOf } from '../../plan/ownership/ownership.ts';
import { SOURCE } from '../../plan/model/body.ts';

/** Unread files that decide whether an object moved, is defined twice, or may be pruned, now or once others are. */
export async function relatedFiles(
  { candidates, entries, desired }: { candidates: readonly Candidate[]; entries: readonly Entry[]; desired: Desired },
  context: GatherContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { touched } = desired;
  const byObject = entriesByObject(entries);
  const desiredIds = new Set(candidates.map(({ resource }) => formatId(resource.id)));
  const formerFiles = candidates.flatMap(({ resource }) =>
    (byObject.get(formatId(resource.id)) ?? []).map(({ file }) => file),
  );
  const claimed = candidates.flatMap(({ live }) => (live === null ? [] : [sourceIfOwned(live, context)]));
  const left = entries.filter((entry) => touched.has(entry.file) && !desiredIds.has(formatId(entry.id)));
  await ensureKindsKnown(left, context, signal);
  const pending = left.filter((entry) => entry.pending !== null);
  const pendingSources = await inParallel(pending, REQUESTS_AT_ONCE, (entry) => readPending(entry, context, signal));
  const all = [
    ...formerFiles,
    ...claimed,
    ...pending.map((entry) => entry.pending?.from ?? null),
    ...pendingSources,
    ...keptFor(left, entries).map(({ file }) => file),
  ];
  return [...new Set(all)].filter((file) => file !== null).filter((file) => file !== '' && !touched.has(file));
}

function sourceIfOwned(live: NonNullable<Candidate['live']>, { applySetId }: GatherContext): string | null {
  const owner = ownerOf(live, applySetId);
  return owner.kind === 'us' ? owner.source : null;
}

/** A pending entry alone does not justify a prune: the live object may name another file as its source. */
async function readPending(entry: Entry, context: GatherContext, signal: AbortSignal): Promise<string | null> {
  const owned = await readOwned(entry, context, signal);
  return owned?.live.annotations[SOURCE] ?? null;
}
