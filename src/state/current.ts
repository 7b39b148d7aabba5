import type { ObjectId, Source } from '../snapshot/source.ts';
import { isSameRenderer, rendersWhole } from './renderer.ts';
import type { Renderer } from './renderer.ts';
import type { TargetState } from './target-state.ts';

/**
 * Is there nothing to do, whatever commit the state names? The paths are what counts, and what the settings and the
 * renderer make of them: of a rendered target exactly what the last render read.
 */
export function isCurrent(
  state: Pick<TargetState, 'applied' | 'run'>,
  at: Pick<Source, 'tree' | 'inputs'>,
  by: { readonly settings: string; readonly renderer: Renderer },
): boolean {
  const { source, renderer, inputs } = state.applied;
  if (!isSettled(state, by.settings) || !isSameRenderer(renderer, by.renderer)) return false;
  if (rendersWhole(renderer)) return Object.entries(inputs).every(([path, id]) => id === (at.inputs[path] ?? null));
  return source?.tree === at.tree && hasSameInputs(inputs, at.inputs);
}

/** Has the commit that the state names been applied to its end, and with these settings? */
export function isSettled(
  { applied, run: { dirty } }: Pick<TargetState, 'applied' | 'run'>,
  settings: string,
): boolean {
  return applied.source !== null && dirty !== 'all' && dirty.length === 0 && applied.settings === settings;
}

function hasSameInputs(
  a: Readonly<Record<string, ObjectId | null>>,
  b: Readonly<Record<string, ObjectId | null>>,
): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((path) => (a[path] ?? null) === (b[path] ?? null));
}
