import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { isBackingOff } from '../../state/backoff.ts';
import { isCurrent } from '../../state/current.ts';
import type { Renderer } from '../../state/renderer.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { StartedRun } from './started-run.ts';
import { uninstallHint } from './uninstall-hint.ts';

/** Why a run ends before its plan. Decided on what was read so far; nothing is written yet. */
export type Stop =
  /** The tip is an ancestor of the applied commit, and nothing announced that: a copy that lags looks the same. */
  | { readonly kind: 'rewound' }
  /** The tip is what is applied. */
  | { readonly kind: 'current' }
  /** A generated target whose directory is gone, and that owns nothing. */
  | { readonly kind: 'never-deployed' }
  /** Refused or half applied lately: the sweep leaves this commit alone for now. */
  | { readonly kind: 'backing-off' }
  /** `isRecorded`: in the state of this target; not where the state may belong to another one. */
  | { readonly kind: 'refused'; readonly problems: readonly Problem[]; readonly isRecorded: boolean }
  /** Targets that this one depends on are not at their tip, or not ready there. */
  | { readonly kind: 'waiting'; readonly on: readonly string[] };

/** It is deployed when the next sweep finds it there again. */
export function stopAtRewind(isUnannounced: boolean): Stop | null {
  return isUnannounced ? { kind: 'rewound' } : null;
}

export function stopWhenCurrent({ state, source, settings }: StartedRun, renderer: Renderer): Stop | null {
  return isCurrent(state, source, { settings, renderer }) ? { kind: 'current' } : null;
}

/** What is read for a generated target only. */
export interface GeneratedFacts {
  /** Other directories that generate a target of the same name. */
  readonly namesakes: readonly Problem[];
  /** Does the directory exist? Read only for a target that owns nothing and whose path does not exist. */
  readonly hasDirectory: boolean;
}

/** A target that was deployed from its directory, which exists, needs no further look. */
export function needsGeneratedFacts({ request: { target }, state, source }: StartedRun): boolean {
  if (target.generatedFrom === null) return false;
  // Its state was written by this target, so no other one had the name then.
  return source.tree === null || state.applied.source === null || state.hasOtherOrigin;
}

/**
 * A generated target needs its directory and a name that no other directory generates. A directory that vanished has to be
 * confirmed by a person, whatever `prune` says: one push may remove many.
 */
export function stopGeneratedTarget(run: StartedRun, facts: GeneratedFacts | null): Stop | null {
  if (facts === null) return null;
  const { state, source } = run;
  const { namesakes, hasDirectory } = facts;
  if (source.tree !== null) return refuseUnlessEmpty(namesakes, { isRecorded: false });
  const isOwner = ownsObjects(state);
  if (isOwner && namesakes.length === 0) return { kind: 'refused', problems: [vanished(run)], isRecorded: true };
  // Where the path is below the directory, the directory may exist without it.
  if (!isOwner && hasDirectory) return { kind: 'refused', problems: [vanished(run)], isRecorded: false };
  return { kind: 'never-deployed' };
}

/** Was anything ever recorded for this target, and not for another one of its name? */
export function ownsObjects({ hasOtherOrigin, applied, inventory }: TargetState): boolean {
  return !hasOtherOrigin && (applied.source !== null || inventory.isRecorded);
}

function refuseUnlessEmpty(
  problems: readonly Problem[],
  { isRecorded }: { readonly isRecorded: boolean },
): Stop | null {
  return problems.length === 0 ? null : { kind: 'refused', problems, isRecorded };
}

function vanished({ request: { target }, state, source }: StartedRun): Problem {
  return pathMissing(target, { revision: source.revision, owned: state.inventory.count });
}

function pathMissing(
  target: Target,
  { revision, owned }: { readonly revision: string; readonly owned: number },
): Problem {
  const owns = owned === 0 ? '' : `, and target ${target.name} owns ${owned} objects`;
  return {
    code: 'path-missing',
    subject: target.path,
    message: `does not exist at ${revision.slice(0, 12)}${owns}`,
    remedy: `Restore it; or delete what the target owns with ${uninstallHint(target)}, or keep that and forget the target with --keep.`,
  };
}

/** Another run may have been refused between the sweep's comparison and this run. */
export function stopWhileBackingOff({ request, state, revision, settings, nowMs }: StartedRun): Stop | null {
  if (request.delivery !== 'sweep' || state.progress.waiting !== null) return null;
  return isBackingOff(state.outcome, { revision, settings, nowMs }) ? { kind: 'backing-off' } : null;
}

/** Before the dry runs, because what the target depends on may bring what they need. */
export function stopForDependencies(unmet: readonly string[]): Stop | null {
  return unmet.length === 0 ? null : { kind: 'waiting', on: unmet };
}
