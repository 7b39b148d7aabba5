import { isRendered } from '../../state/target-state.ts';
import type { Applied } from '../../state/target-state.ts';
import type { Source } from '../../snapshot/source.ts';
import { inputPathsOf, readFilterOf } from '../render/renderer.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { SourceQuery, World } from '../ports/world.ts';
import { lagPauses } from '../targets/lag-pauses.ts';

/**
 * What Git wants of the target now. `rewound`: the tip went back to an ancestor, no delivery announced it, and no earlier
 * sweep has seen it: a lagging copy looks the same, so it is deployed when the next sweep agrees.
 */
export async function fetchSource(
  { request, applied, settings }: { request: TargetRequest; applied: Applied; settings: string },
  world: World,
  signal: AbortSignal,
): Promise<Source | 'rewound'> {
  // A run has read Git since it came: nearly always all that is left to ask is where the ref stands.
  const isLate = Date.parse(request.at) < Date.parse(applied.deployedAt ?? '');
  const query = queryOf(isLate ? { ...request, hint: null } : request, applied, settings);
  let source = await world.git.since(query, signal);
  for (const waitMs of lagPauses(request.at, world.nowMs())) {
    if (!(await isBehind(source, { request, applied }, world, signal))) break;
    await world.wait(waitMs, signal);
    source = await world.git.since(query, signal);
  }
  return (await isUnannouncedRewind(source, { request, applied }, world, signal)) ? 'rewound' : source;
}

export function queryOf(
  { target, hint }: Pick<TargetRequest, 'target' | 'hint'>,
  applied: Applied,
  settings: string,
): SourceQuery {
  // What shapes the desired set has changed, or nobody knows what is dirty: every file counts as changed.
  const dirty = applied.settings === settings && applied.dirty !== 'all' ? applied.dirty : null;
  return {
    ref: target.ref,
    at: null,
    path: target.path,
    inputs: [...new Set([...inputPathsOf(target, applied), ...target.inputs])],
    recorded: applied.inputs,
    base: dirty === null ? null : applied.source,
    hint,
    also: isRendered(applied) ? [] : (dirty ?? []),
    isRead: isRendered(applied) && dirty !== null ? () => false : readFilterOf(target),
  };
}

/** The host announced a commit and still shows the one that is applied, which is not newer: a late delivery waits for nothing. */
async function isBehind(
  { revision }: Source,
  { request: { hint }, applied }: { request: TargetRequest; applied: Applied },
  world: World,
  signal: AbortSignal,
): Promise<boolean> {
  if (hint === null || revision === hint.revision || revision !== applied.source?.revision) return false;
  return hint.isForced || !(await world.git.isAncestor(hint.revision, revision, signal));
}

async function isUnannouncedRewind(
  { revision }: Source,
  { request, applied }: { request: TargetRequest; applied: Applied },
  world: World,
  signal: AbortSignal,
): Promise<boolean> {
  const before = applied.source?.revision;
  if (request.delivery !== 'sweep' || before === undefined || before === revision) return false;
  if (applied.rewind === revision || !(await world.git.isAncestor(revision, before, signal))) return false;
  await world.cluster.record({ rewind: revision }, signal);
  return true;
}
