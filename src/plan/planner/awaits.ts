import { awaitedObject } from '../../health/needs-readiness.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import { formatId } from '../../resource/resource.ts';
import type { Candidate, Facts } from '../model/facts.ts';
import type { Prune, Write } from '../model/plan.ts';
import { compareRanks } from '../ordering/sequence.ts';
import type { Sequence } from '../ordering/sequence.ts';
import { userOrderOf } from '../ordering/wave.ts';
import { outlivesRollout } from './prune-later.ts';

/** How far this run goes, and what must become ready after it. */
export interface Reach {
  /** As in `Plan`. */
  readonly pauseAfter: number | null;
  readonly awaits: readonly AwaitedObject[];
}

type Steps = readonly (readonly Write[])[];

/**
 * A run ends before the next wave, before an object whose dependency is not ready, or before it prunes what old pods may
 * use: earlier objects must become ready first, and no run holds the lease while waiting for them.
 */
export function reachOf(
  facts: Facts,
  { steps, prunes, sequence }: { steps: Steps; prunes: readonly (readonly Prune[])[]; sequence: Sequence },
): Reach {
  if (facts.target.waitMs === 0) return { pauseAfter: null, awaits: [] };
  const written = new Set(steps.flat().map(({ candidate }) => candidate));
  const kept = facts.candidates.filter((candidate) => !written.has(candidate) && isUnfinished(candidate, facts));
  const unready = kept.filter(({ resource }) => !facts.ready.has(formatId(resource.id)));
  const takesTime = [...written, ...unready].filter(({ resource }) => awaitedObject(resource) !== null);
  const earliest = takesTime.map((candidate) => sequence.rankOf(candidate)).toSorted(compareRanks)[0];
  const isLater = ([first]: readonly Write[]) =>
    first !== undefined && earliest !== undefined && compareRanks(earliest, sequence.rankOf(first.candidate)) < 0;
  const pauseAfter = steps.findIndex((step) => isLater(step) || referencesOf(step, facts).length > 0);
  if (pauseAfter === -1) {
    const desired = facts.candidates.map(({ resource }) => resource.id);
    const isLate = (step: readonly Prune[]) => step.some(({ entry }) => outlivesRollout(entry.id, desired));
    const early = takesTime.length === 0 ? -1 : prunes.findIndex((step) => isLate(step));
    return early === -1
      ? { pauseAfter: null, awaits: awaited([...written, ...kept]) }
      : { pauseAfter: steps.length + early, awaits: awaited(takesTime) };
  }
  const next = steps[pauseAfter] ?? [];
  const first = takesTime.filter((candidate) => isBefore(candidate, next, sequence));
  return { pauseAfter, awaits: [...awaited(first), ...referencesOf(next, facts)] };
}

/** An earlier run wrote it, and its readiness has not been checked since. */
export function isUnfinished({ resource, observation }: Candidate, { dirty }: Pick<Facts, 'dirty'>): boolean {
  const isTouched = dirty === 'all' || dirty.includes(resource.source.path);
  return isTouched && (observation.kind === 'unchanged' || observation.kind === 'recorded');
}

function isBefore(candidate: Candidate, [next]: readonly Write[], { rankOf }: Sequence): boolean {
  return next !== undefined && compareRanks(rankOf(candidate), rankOf(next.candidate)) < 0;
}

function awaited(candidates: readonly Candidate[]): readonly AwaitedObject[] {
  return candidates.map(({ resource }) => awaitedObject(resource)).filter((object) => object !== null);
}

/** Dependencies that are not ready, in files that this push does not touch. */
function referencesOf(step: readonly Write[], { references }: Pick<Facts, 'references'>): readonly AwaitedObject[] {
  return step
    .flatMap(({ candidate }) => userOrderOf(candidate.resource).dependsOn.map((id) => references.get(formatId(id))))
    .flatMap((reference) => (reference?.kind === 'not-ready' ? [reference.object] : []));
}
