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
  if (renderer.kind === 'plain') return renderer;
  if (renderer.kind === 'given') {
    const { version = '' } = tools.given?.find(({ name }) => name === renderer.name) ?? {};
    return { ...renderer, version };
  }
  return { ...renderer, version: await tools.versionOf(renderer.kind, signal) };
}

/** The names of files that show that a folder is to be rendered by one of them. */
export function filesOfGiven({ given = [] }: Pick<Tools, 'given'>): readonly string[] {
  return given.flatMap(({ files }) => files);
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
