import type { ObjectId, Source } from '../snapshot/source.ts';
import { isSameRenderer, rendersWhole } from './renderer.ts';
import type { Renderer } from './renderer.ts';
import type { TargetState } from './target-state.ts';

/**
 * Is the target up to date, whatever commit the state names? Only the paths, the settings and the renderer count; for a
 * rendered target, exactly the files that the last render read.
 */
export function isCurrent(
  state: Pick<TargetState, 'applied' | 'run'>,
  at: Pick<Source, 'tree' | 'inputs'>,
  by: { readonly settings: string; readonly renderer: Renderer },
): boolean {
  const { source, renderer, inputs } = state.applied;
  if (!isFullyApplied(state, by.settings) || !isSameRenderer(renderer, by.renderer)) return false;
  if (rendersWhole(renderer)) return Object.entries(inputs).every(([path, id]) => id === (at.inputs[path] ?? null));
  return source?.tree === at.tree && hasSameInputs(inputs, at.inputs);
}

/** Was the commit that the state names applied completely, and with these settings? */
export function isFullyApplied(
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
