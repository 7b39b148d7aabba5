import type { Problem } from '../../error/deploy-error.ts';
import { isBeforePrunes } from '../../plan/model/plan.ts';
import { adoptedIn } from '../../plan/planner/after.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import { backoffWhileWaiting, failedOutcome } from '../../state/backoff.ts';
import { withoutRefused } from '../../state/contest.ts';
import { joinChanges } from '../../state/target-state.ts';
import type { Progress, StateChange } from '../../state/target-state.ts';
import { waitingChange } from '../../state/waiting.ts';
import type { PlannedRun, StartedRun } from '../prepare/started-run.ts';
import type { StateTransitions } from '../ports/cluster.ts';
import type { Counts } from '../ports/report.ts';
import type { Revision } from '../../snapshot/source.ts';
import { outcomeChange } from './record-outcome.ts';
import { namesOf } from '../prepare/names.ts';
import type { RecordedVerdict } from '../../state/history.ts';

/** What the state records at the first write of a run, and at each way it can end. */
export function transitionsOf(run: PlannedRun): StateTransitions {
  const { revision } = run.source;
  return {
    onOpen: joinChanges(
      {
        outcome: { attempted: revision, pendingOn: revision },
        progress: { waiting: null, ...awaitedBy(run), ...approvedBy(run) },
      },
      pendingOfHeld(run),
    ),
    onSuccess: (results) => joinChanges(successState(run, 'deployed', countsOf(results)), pendingOfHeld(run)),
    onPause: (results: readonly ChangeResult[]) =>
      joinChanges(
        waitingChange(run, {
          on: namesOf(run.plan.awaits),
          counts: countsOf(results),
          isExact: true,
          isApplied: isBeforePrunes(run.plan),
        }),
        joinChanges({ applied: { settings: run.settings } }, pendingOfHeld(run)),
      ),
    onFailure: (results: readonly ChangeResult[]) => {
      const errors = results.flatMap((result) => (result.kind === 'failed' ? [result.problem] : []));
      const ended = outcomeChange(run, { verdict: 'partial', counts: countsOf(results), approved: run.approved });
      return joinChanges(failureState(run, 'partial', errors), joinChanges(ended, pendingOfHeld(run)));
    },
  };
}

function countsOf(results: readonly ChangeResult[]) {
  const count = (effect: string) =>
    results.filter((result) => result.kind === 'applied' && result.effect === effect).length;
  const pruned = results.filter(({ kind }) => kind === 'pruned').length;
  return { created: count('created'), updated: count('updated'), pruned, adopted: adoptedIn(results) };
}

/** Recorded with the first write, so that a run that resumes this one has the approval too. */
function approvedBy({ approved }: PlannedRun): Partial<Pick<Progress, 'approved'>> {
  return approved === undefined ? {} : { approved };
}

/** A run that writes nothing to wait for keeps what an earlier run awaits. */
function awaitedBy({ source, plan, sinceMs }: PlannedRun): Partial<Pick<Progress, 'awaited'>> {
  return plan.awaits.length === 0 ? {} : { awaited: { revision: source.revision, sinceMs } };
}

/** Another commit waits for the end of the hold: it stays the one that is pending, unless it has its outcome. */
export function pendingOfHeld({ isHeld, revision, state: { outcome, applied } }: StartedRun): StateChange {
  const { pendingOn } = outcome;
  if (!isHeld || pendingOn === revision) return {};
  return { outcome: { pendingOn: pendingOn === applied.source?.revision ? null : pendingOn } };
}

export function successState(run: PlannedRun, verdict: RecordedVerdict, counts?: Counts): StateChange {
  const { source, renderer, settings, nowMs, plan, state } = run;
  const { revision, rootTree, tree, inputs } = source;
  // Only the other target can change anything, and the next push of this one looks again anyway.
  const onlyReleased =
    plan.releases.length + plan.undecided.length > 0 && !plan.undecided.some(({ by }) => by.kind !== 'awaited');
  return {
    applied: {
      source: { revision, rootTree, tree },
      renderer,
      inputs,
      settings,
      deployedAt: new Date(nowMs).toISOString(),
    },
    outcome: {
      verdict,
      attempted: revision,
      errors: [],
      backoff: onlyReleased ? backoffWhileWaiting(state.outcome, { revision, settings, nowMs }) : null,
      rewind: null,
      retry: null,
    },
    progress: { waiting: null, approved: null, ...awaitedBy(run) },
    drift: { contests: withoutRefused(state.drift.contests) },
    ...outcomeChange(run, {
      verdict,
      approved: run.approved,
      ...(counts === undefined ? {} : { counts }),
      ...awaitedOf(run),
    }),
  };
}

function awaitedOf(run: PlannedRun): { readonly awaited?: Revision } {
  return run.plan.awaits.length === 0 ? {} : { awaited: run.source.revision };
}

/** The run was refused before its first write. */
export function refusalState(run: StartedRun, problems: readonly Problem[]): StateChange {
  const ended = joinChanges(outcomeChange(run, { verdict: 'refused' }), pendingOfHeld(run));
  return joinChanges(failureState(run, 'refused', problems), ended);
}

export function failureState(
  { state, revision, settings, nowMs }: Pick<StartedRun, 'state' | 'revision' | 'settings' | 'nowMs'>,
  verdict: RecordedVerdict,
  errors: readonly Problem[],
): StateChange {
  return {
    outcome: {
      ...failedOutcome(state.outcome, { revision, settings, errors, nowMs }),
      verdict,
      pendingOn: null,
      retry: null,
    },
  };
}
