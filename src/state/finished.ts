import { isObject } from '../resource/resource.ts';
import type { Json, ResourceId } from '../resource/resource.ts';
import type { Entry } from './inventory.ts';

/** Behind the version of what has run to its end. */
export const FINISHED = ' finished';

/** Kinds that run once: gone afterwards is how they are meant to be, and running them again is not. */
export function runsOnce({ group, kind }: Pick<ResourceId, 'group' | 'kind'>): boolean {
  return (group === 'batch' && kind === 'Job') || (group === '' && kind === 'Pod');
}

/** The version as the inventory has it, of an object whose status was read. */
export function versionWith(version: string, status: Json | undefined): string {
  return hasEnded(status) ? `${version}${FINISHED}` : version;
}

/** Does the inventory say that it was seen finished? */
export function wasSeenFinished({ id, version }: Pick<Entry, 'id' | 'version'>): boolean {
  return runsOnce(id) && version?.endsWith(FINISHED) === true;
}

function hasEnded(status: Json | undefined): boolean {
  if (!isObject(status)) return false;
  if (status['phase'] === 'Succeeded' || status['phase'] === 'Failed') return true;
  const conditions: readonly Json[] = Array.isArray(status['conditions']) ? status['conditions'] : [];
  return conditions
    .filter((condition) => isObject(condition))
    .some(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True');
}
