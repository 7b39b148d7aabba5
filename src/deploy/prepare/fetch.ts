import { rendersWhole } from '../../state/renderer.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Revision, Source } from '../../snapshot/source.ts';
import { inputPathsOf, readFilterOf } from '../render/renderer.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { SourceQuery } from '../ports/git.ts';
import type { World } from '../ports/world.ts';
import type { StartedRun } from './started-run.ts';
import { lagPauses } from '../targets/lag-pauses.ts';

interface Wanted {
  readonly request: TargetRequest;
  readonly state: TargetState;
  readonly settings: string;
  /** A commit instead of the ref's tip. */
  readonly at: Revision | null;
}

/** The tip, and the files that may differ from what is applied. */
export async function fetchSource(
  { request, state, settings, at }: Wanted,
  world: World,
  signal: AbortSignal,
): Promise<Source> {
  // A run has read Git since this request was sent, so usually only the ref has to be read.
  const isLate = Date.parse(request.at) < Date.parse(state.applied.deployedAt ?? '');
  const query = { ...queryOf(isLate ? { ...request, hint: null } : request, state, settings), at };
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
  // With other settings, or when it is unknown which files are dirty, every file counts as changed.
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
    isRead: rendersWhole(applied.renderer) && dirty !== null ? () => false : readFilterOf(target),
  };
}

/**
 * Does the host still show the applied commit, or an older one, although it announced a newer one? A late delivery announces
 * an older one.
 */
async function isBehind(
  { revision }: Source,
  { request: { hint }, state }: { request: TargetRequest; state: TargetState },
  world: World,
  signal: AbortSignal,
): Promise<boolean> {
  const applied = state.applied.source?.revision;
  if (hint === null || revision === hint.revision || applied === undefined) return false;
  if (revision !== applied) return world.git.isAncestor(revision, applied, signal);
  return hint.isForced || !(await world.git.isAncestor(hint.revision, revision, signal));
}

/**
 * Did the tip go back to an ancestor of the applied commit without an announcement? A delivery that names the tip announces it,
 * and so does the command line. A run that another target or a check requests does not, nor does a delivery of another commit:
 * to them, a replica that lags looks the same.
 */
export async function isUnannouncedRewind(
  { request, state, revision }: StartedRun,
  { git }: Pick<World, 'git'>,
  signal: AbortSignal,
): Promise<boolean> {
  const before = state.applied.source?.revision;
  if (before === undefined || before === revision) return false;
  const { trigger, hint } = request;
  if (trigger.kind === 'cli' || hint?.revision === revision) return false;
  // An earlier run found it announced, and this one resumes there.
  if (state.progress.waiting?.revision === revision) return false;
  // An earlier sweep found the same rewind, so it is deployed now, without another request to Git.
  if (trigger.kind === 'sweep' && state.outcome.rewind === revision) return false;
  return git.isAncestor(revision, before, signal);
}
