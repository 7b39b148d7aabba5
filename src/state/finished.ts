import { isObject } from '../resource/resource.ts';
import type { Json, ResourceId } from '../resource/resource.ts';
import type { Entry } from './inventory.ts';
import { hasFinished } from './seen-version.ts';

/** Kinds that run once: they may disappear after they finish and must not run again. */
export function runsOnce({ group, kind }: Pick<ResourceId, 'group' | 'kind'>): boolean {
  return (group === 'batch' && kind === 'Job') || (group === '' && kind === 'Pod');
}

/** Does the entry record that the object finished? */
export function wasSeenFinished({ id, version }: Pick<Entry, 'id' | 'version'>): boolean {
  return runsOnce(id) && version !== null && hasFinished(version);
}

/** Is this the status of a Job or Pod that finished? */
export function hasEnded(status: Json | undefined): boolean {
  if (!isObject(status)) return false;
  if (status['phase'] === 'Succeeded' || status['phase'] === 'Failed') return true;
  const conditions: readonly Json[] = Array.isArray(status['conditions']) ? status['conditions'] : [];
  return conditions
    .filter((condition) => isObject(condition))
    .some(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True');
}
