import { isRendered } from '../../state/target-state.ts';
import type { Applied } from '../../state/target-state.ts';
import type { ObjectId, Source } from '../../snapshot/source.ts';

/**
 * Is there nothing to do, whatever commit the state names? The paths are what counts, and what the settings and the
 * renderer make of them: of a rendered target exactly what the last render read.
 */
export function isCurrent(
  applied: Applied,
  at: Pick<Source, 'tree' | 'inputs'>,
  by: { readonly settings: string; readonly renderer: string },
): boolean {
  if (!isSettled(applied, by.settings) || applied.renderer !== by.renderer) return false;
  if (isRendered(applied))
    return Object.entries(applied.inputs).every(([path, id]) => id === (at.inputs[path] ?? null));
  return applied.source?.tree === at.tree && sameInputs(applied.inputs, at.inputs);
}

/** Has the commit that the state names been applied to its end, and with these settings? */
export function isSettled(applied: Applied, settings: string): boolean {
  const { source, dirty } = applied;
  return source !== null && dirty !== 'all' && dirty.length === 0 && applied.settings === settings;
}

function sameInputs(
  a: Readonly<Record<string, ObjectId | null>>,
  b: Readonly<Record<string, ObjectId | null>>,
): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((path) => (a[path] ?? null) === (b[path] ?? null));
}
