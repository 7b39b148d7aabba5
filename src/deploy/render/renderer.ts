import type { Target } from '../../config/checked/config.ts';
import { isRendered } from '../../state/target-state.ts';
import type { Applied } from '../../state/target-state.ts';
import { isRead } from '../../desired/plain/is-read.ts';
import type { SourceQuery, Tools } from '../ports/world.ts';

/** The recorded renderer with its current version: another version may render the same inputs differently. */
export async function currentRenderer(
  { renderer }: Pick<Applied, 'renderer'>,
  tools: Tools,
  signal: AbortSignal,
): Promise<string> {
  const kind = rendererKind({ renderer });
  if (kind === 'plain') return kind;
  // A pulled chart is pinned by its version in headgate.yml, so its recorded digest is kept.
  const [, , ...digest] = renderer.split(' ');
  return [await tools.nameOf(kind, signal), ...digest].join(' ');
}

export function rendererKind({ renderer }: Pick<Applied, 'renderer'>): 'plain' | 'kustomize' | 'helm' {
  const [kind] = renderer.split(' ');
  return kind === 'kustomize' || kind === 'helm' ? kind : 'plain';
}

/** The paths whose object ids show whether a target is up to date. */
export function inputPathsOf(target: Target, applied: Applied): readonly string[] {
  return isRendered(applied) ? Object.keys(applied.inputs) : target.inputs;
}

/** Selects the plain manifests below the path. What a renderer reads is requested by path instead. */
export function readFilterOf(target: Target): SourceQuery['isRead'] {
  return (path, kind) => isRead(path, kind, target);
}
