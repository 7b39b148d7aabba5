import type { Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/derived/settings-hash.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Revision } from '../../snapshot/source.ts';
import { currentRenderer, inputPathsOf } from '../render/renderer.ts';
import { isCurrent } from '../../state/current.ts';
import type { Git } from '../ports/git.ts';
import type { Tools } from '../ports/tools.ts';

/** Is a target at the tip of its ref? The trees of its paths decide, whatever commit its state names. */
export async function isAtTip(
  { target, state, tip }: { target: Target; state: TargetState; tip: Revision },
  { git, tools }: { git: Git; tools: Tools },
  signal: AbortSignal,
): Promise<boolean> {
  const { source, inputs } = state.applied;
  if (source === null) return false;
  const at =
    source.revision === tip
      ? { tree: source.tree, inputs }
      : await treesAt({ path: target.path, inputs: inputPathsOf(target, state.applied) }, tip, { git, signal });
  const renderer = await currentRenderer(state.applied, tools, signal);
  return isCurrent(state, at, { settings: settingsHash(target), renderer });
}

async function treesAt(
  { path, inputs }: Pick<Target, 'path' | 'inputs'>,
  tip: Revision,
  { git, signal }: { git: Git; signal: AbortSignal },
) {
  const trees = await git.trees(tip, [path, ...inputs], signal);
  return {
    tree: trees.get(path) ?? null,
    inputs: Object.fromEntries(inputs.map((input) => [input, trees.get(input) ?? null])),
  };
}
