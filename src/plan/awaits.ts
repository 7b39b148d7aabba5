import { awaitedObject } from '../health/needs-readiness.ts';
import type { AwaitedObject } from '../health/needs-readiness.ts';
import type { Candidate, Facts } from './facts.ts';
import type { Write } from './plan.ts';

/** What a run writes, and what one before it may have written without ever asking whether it became ready. */
export function awaitsOf({ target, dirty, candidates }: Facts, writes: readonly Write[]): readonly AwaitedObject[] {
  if (target.waitMs === 0) return [];
  const written = new Set(writes.map(({ candidate }) => candidate));
  const isUnfinished = ({ resource, observation }: Candidate) =>
    (dirty === 'all' || dirty.includes(resource.source.path)) &&
    (observation.kind === 'unchanged' || observation.kind === 'recorded');
  return candidates
    .filter((candidate) => written.has(candidate) || isUnfinished(candidate))
    .map(({ resource }) => awaitedObject(resource))
    .filter((awaited) => awaited !== null);
}
