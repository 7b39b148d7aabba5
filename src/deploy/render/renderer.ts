import type { Target } from '../../config/checked/config.ts';
import { isRendered } from '../../state/target-state.ts';
import type { Applied } from '../../state/target-state.ts';
import { isRead } from '../../desired/plain/is-read.ts';
import type { SourceQuery, Tools } from '../ports/world.ts';

/** What the recorded renderer would be called now: another version may make something else of the same inputs. */
export async function currentRenderer(
  { renderer }: Pick<Applied, 'renderer'>,
  tools: Tools,
  signal: AbortSignal,
): Promise<string> {
  const kind = rendererKind({ renderer });
  if (kind === 'plain') return kind;
  // A chart from elsewhere is pinned by its version in headgate.yml, and its digest stays as recorded.
  const [, , ...digest] = renderer.split(' ');
  return [await tools.nameOf(kind, signal), ...digest].join(' ');
}

export function rendererKind({ renderer }: Pick<Applied, 'renderer'>): 'plain' | 'kustomize' | 'helm' {
  const [kind] = renderer.split(' ');
  return kind === 'kustomize' || kind === 'helm' ? kind : 'plain';
}

/** The paths whose object ids say whether a target is where the tip is. */
export function inputPathsOf(target: Target, applied: Applied): readonly string[] {
  return isRendered(applied) ? Object.keys(applied.inputs) : target.inputs;
}

/** The files below the path that count: of plain manifests those that are manifests; what a renderer reads is asked for by name. */
export function readFilterOf(target: Target): SourceQuery['isRead'] {
  return (path, kind) => isRead(path, kind, target);
}
