import { isRendered } from '../plan/applied.ts';
import type { Applied } from '../plan/applied.ts';
import type { Source } from '../resource/source.ts';
import { inputPathsOf, readerOf } from './renderer.ts';
import type { TargetRequest } from './request.ts';
import type { SourceQuery, World } from './world.ts';

/** A Git host's own copies lag behind its webhooks: how long to wait, in turn, for a tip that a delivery has announced. */
const LAG_MS: readonly number[] = [1000, 2000, 4000];

/**
 * What is left of these pauses for a delivery that came at this time. Counted from there, several deliveries of commits
 * that a force-push took away are waited for once, and not one after the other.
 */
export function lagPauses(at: string, nowMs: number): readonly number[] {
  const goneMs = nowMs - Date.parse(at);
  return LAG_MS.map((pauseMs, index) => {
    const endMs = LAG_MS.slice(0, index + 1).reduce((sum, each) => sum + each, 0);
    return Math.min(pauseMs, endMs - goneMs);
  }).filter((pauseMs) => pauseMs > 0);
}

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
    wants: isRendered(applied) && dirty !== null ? () => false : readerOf(target),
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
