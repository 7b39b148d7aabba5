import type { Target } from '../../config/checked/config.ts';
import { rendersWhole } from '../../state/renderer.ts';
import type { Renderer } from '../../state/renderer.ts';
import type { Applied } from '../../state/target-state.ts';
import { pathFilterOf } from '../../desired/plain/path-filter.ts';
import type { SourceQuery } from '../ports/git.ts';
import type { Tools } from '../ports/tools.ts';

/** The recorded renderer with its current version: another version may render the same inputs differently. */
export async function currentRenderer(
  { renderer }: Pick<Applied, 'renderer'>,
  tools: Tools,
  signal: AbortSignal,
): Promise<Renderer> {
  // A pulled chart is pinned by its version in headgate.yml, so its recorded digest is kept.
  return renderer.kind === 'plain' ? renderer : { ...renderer, version: await tools.versionOf(renderer.kind, signal) };
}

/** The paths whose object ids show whether a target is up to date. */
export function inputPathsOf(target: Target, { renderer, inputs }: Applied): readonly string[] {
  return rendersWhole(renderer) ? Object.keys(inputs) : target.inputs;
}

/** Selects the plain manifests below the path. What a renderer reads is requested by path instead. */
export function readFilterOf(target: Target): SourceQuery['isRead'] {
  return pathFilterOf(target);
}

export interface RenderContext {
  readonly applied: Applied;
  /** The query that returned `source`. */
  readonly query: SourceQuery;
  /** What was applied once is read again, and not judged by what a push may contain now. */
  readonly isDrift?: true;
}
