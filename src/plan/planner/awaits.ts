import { awaitedObject } from '../../health/needs-readiness.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import { formatId } from '../../resource/resource.ts';
import type { Candidate, Facts } from '../model/facts.ts';
import type { Write } from '../model/plan.ts';
import { compareRanks } from '../ordering/sequence.ts';
import type { Sequence } from '../ordering/sequence.ts';
import { wishOf } from '../ordering/wave.ts';

/** How far this run goes, and what has to become ready after it. */
export interface Reach {
  /** So many steps, and then nothing more before what it awaits is ready; null: all of them, and prune. */
  readonly pauseAfter: number | null;
  readonly awaits: readonly AwaitedObject[];
}

type Steps = readonly (readonly Write[])[];

/**
 * A run that would go on to another wave, or to what depends on an object, ends before it: what comes first has to be
 * ready, and nothing is held while that is waited for.
 */
export function reachOf(facts: Facts, { steps, sequence }: { steps: Steps; sequence: Sequence }): Reach {
  if (facts.target.waitMs === 0) return { pauseAfter: null, awaits: [] };
  const written = new Set(steps.flat().map(({ candidate }) => candidate));
  const kept = facts.candidates.filter((candidate) => !written.has(candidate) && isUnfinished(candidate, facts));
  const unready = kept.filter(({ resource }) => !facts.ready.has(formatId(resource.id)));
  const takesTime = [...written, ...unready].filter(({ resource }) => awaitedObject(resource) !== null);
  const earliest = takesTime.map((candidate) => sequence.rankOf(candidate)).toSorted(compareRanks)[0];
  const isLater = ([first]: readonly Write[]) =>
    first !== undefined && earliest !== undefined && compareRanks(earliest, sequence.rankOf(first.candidate)) < 0;
  const pauseAfter = steps.findIndex((step) => isLater(step) || referencesOf(step, facts).length > 0);
  if (pauseAfter === -1) return { pauseAfter: null, awaits: awaited([...written, ...kept]) };
  const next = steps[pauseAfter] ?? [];
  const first = takesTime.filter((candidate) => isBefore(candidate, next, sequence));
  return { pauseAfter, awaits: [...awaited(first), ...referencesOf(next, facts)] };
}

/** A run before this one wrote it, and nobody has asked since whether it became ready. */
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

/** Objects of files that this push does not touch, which are depended on and not ready. */
function referencesOf(step: readonly Write[], { references }: Pick<Facts, 'references'>): readonly AwaitedObject[] {
  return step
    .flatMap(({ candidate }) => wishOf(candidate.resource).dependsOn.map((id) => references.get(formatId(id))))
    .flatMap((reference) => (reference?.kind === 'not-ready' ? [reference.object] : []));
}
