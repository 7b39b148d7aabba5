import { rendersWhole } from '../../state/renderer.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Source } from '../../snapshot/source.ts';
import { inputPathsOf, readerOf } from '../render/renderer.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { World } from '../ports/world.ts';
import { lagPauses } from '../targets/lag-pauses.ts';
import type { SourceQuery } from '../ports/git.ts';

/** What Git wants of the target now. */
export async function fetchSource(
  { request, state, settings }: { request: TargetRequest; state: TargetState; settings: string },
  world: World,
  signal: AbortSignal,
): Promise<Source> {
  // A run has read Git since it came: nearly always all that is left to ask is where the ref stands.
  const isLate = Date.parse(request.at) < Date.parse(state.applied.deployedAt ?? '');
  const query = queryOf(isLate ? { ...request, hint: null } : request, state, settings);
  let source = await world.git.since(query, signal);
  for (const waitMs of lagPauses(request.at, world.nowMs())) {
    if (!(await isBehind(source, { request, state }, world, signal))) break;
    await world.wait(waitMs, signal);
    source = await world.git.since(query, signal);
  }
  return source;
}

export function queryOf(
  { target, hint }: Pick<TargetRequest, 'target' | 'hint'>,
  state: TargetState,
  settings: string,
): SourceQuery {
  // What shapes the desired set has changed, or nobody knows what is dirty: every file counts as changed.
  const { applied, run } = state;
  const dirty = applied.settings === settings && run.dirty !== 'all' ? run.dirty : null;
  return {
    ref: target.ref,
    at: null,
    path: target.path,
    inputs: [...new Set([...inputPathsOf(target, applied), ...target.inputs])],
    recorded: applied.inputs,
    base: dirty === null ? null : applied.source,
    hint,
    also: rendersWhole(applied.renderer) ? [] : (dirty ?? []),
    wants: rendersWhole(applied.renderer) && dirty !== null ? () => false : readerOf(target),
  };
}

/** The host announced a commit and still shows the one that is applied, which is not newer: a late delivery waits for nothing. */
async function isBehind(
  { revision }: Source,
  { request: { hint }, state }: { request: TargetRequest; state: TargetState },
  world: World,
  signal: AbortSignal,
): Promise<boolean> {
  if (hint === null || revision === hint.revision || revision !== state.applied.source?.revision) return false;
  return hint.isForced || !(await world.git.isAncestor(hint.revision, revision, signal));
}

/**
 * Did the tip go back to an ancestor of the applied commit without a delivery that announced it, and has no earlier sweep
 * seen that? A lagging copy of the Git host looks the same, so a rewind is deployed when the next sweep agrees.
 */
export async function isUnannouncedRewind(
  { revision }: Source,
  { request, state }: { request: TargetRequest; state: TargetState },
  { git }: Pick<World, 'git'>,
  signal: AbortSignal,
): Promise<boolean> {
  const before = state.applied.source?.revision;
  if (request.trigger.kind !== 'sweep' || before === undefined || before === revision) return false;
  return state.outcome.rewind !== revision && (await git.isAncestor(revision, before, signal));
}
