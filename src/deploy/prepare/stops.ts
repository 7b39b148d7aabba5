import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { awaitsApproval } from '../../plan/model/plan.ts';
import { isBackingOff } from '../../state/backoff.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Hold } from '../../state/hold.ts';
import { activeHold, isCurrent, isFullyApplied, openedCommit } from '../../state/current.ts';
import type { Renderer } from '../../state/renderer.ts';
import type { TargetState } from '../../state/target-state.ts';
import { isCausedByRun } from '../ports/request.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { Unmet } from '../ports/world.ts';
import type { StartedRun } from './started-run.ts';
import { uninstallHint } from './uninstall-hint.ts';
/** Why a run ends before its plan. Nothing is written yet. */
export type Stop =
  /** The tip is an ancestor of the applied commit, and no delivery announced that. A lagging replica looks the same. */
  | { readonly kind: 'rewound' }
  /** A person, or a rollback, keeps the target at another commit. */
  | { readonly kind: 'held'; readonly hold: Hold }
  /** Outside the windows of the target. `reason`: as people read it. */
  | { readonly kind: 'closed'; readonly reason: string }
  /** The tip is applied already. */
  | { readonly kind: 'current' }
  /** A generated target whose directory no longer exists, and that owns nothing. */
  | { readonly kind: 'never-deployed' }
  /** This commit was refused or partly applied recently: the sweep retries it later. */
  | { readonly kind: 'backing-off' }
  /** `isRecorded`: write it to the state; false where the state may belong to another target. */
  | { readonly kind: 'refused'; readonly problems: readonly Problem[]; readonly isRecorded: boolean }
  /** Dependencies are not at their tip, or not ready there. */
  | ({ readonly kind: 'waiting' } & Unmet);

/** The next sweep after one that found it deploys the rewind if the tip is still there. */
export function stopAtRewind(isUnannounced: boolean): Stop | null {
  return isUnannounced ? { kind: 'rewound' } : null;
}

/** The tip waits for the end of the hold, unless it is what the hold keeps. */
export function stopWhileHeld(run: StartedRun, isAtTip: boolean): Stop | null {
  const { state, revision, nowMs } = run;
  const hold = activeHold(state, nowMs);
  if (hold === null || hold.at === revision) return null;
  return isAtTip && (hold.at === null || isKeptAt(hold.at, run)) ? null : { kind: 'held', hold };
}

/**
 * `closed`: why the target may not deploy now; null: it may. A run that has opened within a window may finish, with all of its
 * waves.
 */
export function stopOutsideWindows({ state, revision }: StartedRun, closed: string | null): Stop | null {
  return closed === null || openedCommit(state) === revision ? null : { kind: 'closed', reason: closed };
}

export function isKeptAt(at: Revision, { state, settings }: Pick<StartedRun, 'state' | 'settings'>): boolean {
  return state.applied.source?.revision === at && isFullyApplied(state, settings);
}

export function stopWhenCurrent({ state, source, settings }: StartedRun, renderer: Renderer): Stop | null {
  return isCurrent(state, source, { settings, renderer }) ? { kind: 'current' } : null;
}

/** Read for generated targets only. */
export interface GeneratedFacts {
  /** Other directories that generate the same name. */
  readonly nameConflicts: readonly Problem[];
  /** Read only for a target that owns nothing and whose path does not exist; otherwise true. */
  readonly hasDirectory: boolean;
}

/** A target that was deployed from its directory, which still exists, needs no further check. */
export function needsGeneratedFacts({ request: { target }, state, source }: StartedRun): boolean {
  if (target.generatedFrom === null) return false;
  // Where this target wrote the state, no other target had the name then.
  return source.tree === null || state.applied.source === null || state.hasOtherOrigin;
}

/**
 * A generated target needs its directory and a unique name. A person has to confirm that a directory was removed, whatever
 * `prune` allows: one push may remove many.
 */
export function stopGeneratedTarget(run: StartedRun, facts: GeneratedFacts | null): Stop | null {
  if (facts === null) return null;
  const { state, source } = run;
  const { nameConflicts, hasDirectory } = facts;
  if (source.tree !== null) return refuseUnlessEmpty(nameConflicts, { isRecorded: false });
  const isOwner = ownsObjects(state);
  if (isOwner && nameConflicts.length === 0)
    return { kind: 'refused', problems: [directoryRemoved(run)], isRecorded: true };
  // The path may be below the directory, so the directory may exist without it.
  if (!isOwner && hasDirectory) return { kind: 'refused', problems: [directoryRemoved(run)], isRecorded: false };
  return { kind: 'never-deployed' };
}

/** Was anything ever recorded for this target, rather than for another one of the same name? */
export function ownsObjects({ hasOtherOrigin, applied, inventory }: TargetState): boolean {
  return !hasOtherOrigin && (applied.source !== null || inventory.isRecorded);
}

function refuseUnlessEmpty(
  problems: readonly Problem[],
  { isRecorded }: { readonly isRecorded: boolean },
): Stop | null {
  return problems.length === 0 ? null : { kind: 'refused', problems, isRecorded };
}

function directoryRemoved({ request: { target }, state, source }: StartedRun): Problem {
  return pathMissing(target, { revision: source.revision, owned: state.inventory.count });
}

function pathMissing(
  target: Target,
  { revision, owned }: { readonly revision: string; readonly owned: number },
): Problem {
  const owns = owned === 0 ? '' : `, and target ${target.name} owns ${owned === 1 ? '1 object' : `${owned} objects`}`;
  return {
    code: 'path-missing',
    subject: target.path,
    message: `does not exist at ${revision.slice(0, 12)}${owns}`,
    remedy: `Restore it, or delete what the target owns with ${uninstallHint(target)}; add --keep to leave the objects in the cluster.`,
  };
}

type MayBackOff = Pick<StartedRun, 'state' | 'revision' | 'settings' | 'nowMs'> & {
  readonly request: Pick<TargetRequest, 'trigger' | 'wakes' | 'wokenBy'>;
};

/**
 * Another run may have been refused since the sweep queued this one. A run of another target that requests this one has
 * changed what it waits for, or depends on it, so that is never held back, whatever began the chain.
 */
export function stopWhileBackingOff({ request, state, revision, settings, nowMs }: MayBackOff): Stop | null {
  if (request.trigger.kind !== 'sweep' || isCausedByRun(request) || state.progress.waiting !== null) return null;
  return isBackingOff(state.outcome, { revision, settings, nowMs }) ? { kind: 'backing-off' } : null;
}

type MayBeUnapproved = Pick<StartedRun, 'state' | 'revision' | 'settings'> & {
  readonly request: Pick<TargetRequest, 'trigger' | 'wakes' | 'wokenBy'> & {
    readonly target: Pick<Target, 'approval'>;
  };
};

/** A sweep would only make the same plan again. A request that brings an approval, and a delivery, do not stop here. */
export function stopWhileUnapproved({ request, state, revision, settings }: MayBeUnapproved): Stop | null {
  const { waiting, approved } = state.progress;
  // A hold that has run out leaves such a commit too.
  const isUnapproved = waiting?.revision === revision && awaitsApproval(waiting.on) && approved?.revision !== revision;
  const isSame = state.outcome.backoff === null || state.outcome.backoff.settings === settings;
  const isSweep = request.trigger.kind === 'sweep' && !isCausedByRun(request);
  return request.target.approval === 'plan' && isSweep && isUnapproved && isSame ? { kind: 'backing-off' } : null;
}

/** Before the dry runs: a dependency may create what they need. */
export function stopForDependencies(unmet: Unmet): Stop | null {
  return unmet.on.length === 0 ? null : { kind: 'waiting', ...unmet };
}
