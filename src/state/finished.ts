import { isObject } from '../resource/resource.ts';
import type { Json, ResourceId } from '../resource/resource.ts';
import type { Entry } from './inventory.ts';
import { hasFinished } from './seen-version.ts';

/** Kinds that run once: gone afterwards is how they are meant to be, and running them again is not. */
export function runsOnce({ group, kind }: Pick<ResourceId, 'group' | 'kind'>): boolean {
  return (group === 'batch' && kind === 'Job') || (group === '' && kind === 'Pod');
}

/** Does the inventory say that it was seen finished? */
export function wasSeenFinished({ id, version }: Pick<Entry, 'id' | 'version'>): boolean {
  return runsOnce(id) && version !== null && hasFinished(version);
}

/** Does the status of a Job or Pod say that it has run to its end? */
export function hasEnded(status: Json | undefined): boolean {
  if (!isObject(status)) return false;
  if (status['phase'] === 'Succeeded' || status['phase'] === 'Failed') return true;
  const conditions: readonly Json[] = Array.isArray(status['conditions']) ? status['conditions'] : [];
  return conditions
    .filter((condition) => isObject(condition))
    .some(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True');
}
