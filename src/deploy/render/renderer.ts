import type { Target } from '../../config/checked/config.ts';
import { rendersWhole } from '../../state/renderer.ts';
import type { Renderer } from '../../state/renderer.ts';
import type { Applied } from '../../state/target-state.ts';
import { pathFilterOf } from '../../desired/plain/path-filter.ts';
import type { SourceQuery } from '../ports/git.ts';
import type { Tools } from '../ports/tools.ts';

/** The recorded renderer in the version that would render now: another one may make something else of the same inputs. */
export async function currentRenderer(
  { renderer }: Pick<Applied, 'renderer'>,
  tools: Tools,
  signal: AbortSignal,
): Promise<Renderer> {
  // A chart that is pulled is pinned by its version in headgate.yml, so its digest stays as recorded.
  return renderer.kind === 'plain' ? renderer : { ...renderer, version: await tools.versionOf(renderer.kind, signal) };
}

/** The paths whose object ids say whether a target is where the tip is. */
export function inputPathsOf(target: Target, { renderer, inputs }: Applied): readonly string[] {
  return rendersWhole(renderer) ? Object.keys(inputs) : target.inputs;
}

/** The files below the path that count: of plain manifests those that are manifests; what a renderer reads is asked for by name. */
export function readerOf(target: Target): SourceQuery['wants'] {
  return pathFilterOf(target);
}
