import type { Applied } from '../plan/applied.ts';
import type { ObjectId, Source } from '../resource/source.ts';

/** Is there nothing to do, whatever commit the state names? The paths are what counts, and what the settings make of them. */
export function isCurrent(applied: Applied, at: Pick<Source, 'tree' | 'inputs'>, settings: string): boolean {
  if (applied.source === null || applied.dirty === 'all' || applied.dirty.length > 0) return false;
  return applied.settings === settings && applied.source.tree === at.tree && sameInputs(applied.inputs, at.inputs);
}

function sameInputs(
  a: Readonly<Record<string, ObjectId | null>>,
  b: Readonly<Record<string, ObjectId | null>>,
): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((path) => (a[path] ?? null) === (b[path] ?? null));
}
