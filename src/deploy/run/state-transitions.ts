import type { Problem } from '../../error/deploy-error.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import type { Applied } from '../../state/target-state.ts';
import type { Plan } from '../../plan/model/plan.ts';
import type { Revision, Source } from '../../snapshot/source.ts';
import { nextAttempt } from './attempt.ts';
import type { TargetRequest } from '../ports/request.ts';
import { namesOf, waitingState } from './waiting.ts';
import type { StateTransitions } from '../ports/world.ts';
import type { Report } from '../ports/report.ts';

/** One run of one target, once its plan is made. */
export interface Run {
  readonly request: TargetRequest;
  readonly applied: Applied;
  readonly source: Source;
  readonly renderer: string;
  readonly revision: Revision;
  readonly settings: string;
  readonly plan: Plan;
  /** When it began. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

/** What the state says of a run from its first write on, and after each of its ends. */
export function transitionsOf(run: Run): StateTransitions {
  return {
    onOpen: { attempted: run.source.revision, pendingOn: run.source.revision, waiting: null, ...awaitedBy(run) },
    onSuccess: successState(run, 'deployed'),
    onPause: (results: readonly ChangeResult[]) => ({
      ...waitingState(run, { on: namesOf(run.plan.awaits), counts: countsOf(results), isExact: true }),
      settings: run.settings,
    }),
    onFailure: (results: readonly ChangeResult[]) =>
      failureState(
        run,
        'partial',
        results.flatMap((result) => (result.kind === 'failed' ? [result.problem] : [])),
      ),
  };
}

function countsOf(results: readonly ChangeResult[]) {
  const count = (effect: string) =>
    results.filter((result) => result.kind === 'applied' && result.effect === effect).length;
  return { created: count('created'), updated: count('updated') };
}

/** What an earlier run awaits is still awaited when this one writes nothing that takes its time. */
function awaitedBy({ source, plan, sinceMs }: Run): Partial<Applied> {
  return plan.awaits.length === 0 ? {} : { awaited: { revision: source.revision, sinceMs } };
}

export function successState(run: Run, verdict: Report['verdict']): Partial<Applied> {
  const { source, renderer, settings, nowMs } = run;
  const { revision, rootTree, tree, inputs } = source;
  return {
    source: { revision, rootTree, tree },
    renderer,
    inputs,
    settings,
    verdict,
    attempted: revision,
    deployedAt: new Date(nowMs).toISOString(),
    attempt: null,
    rewind: null,
    waiting: null,
    ...awaitedBy(run),
  };
}

export function failureState(
  { applied, source, settings, nowMs }: Pick<Run, 'applied' | 'source' | 'settings' | 'nowMs'>,
  verdict: Report['verdict'],
  errors: readonly Problem[],
): Partial<Applied> {
  const { revision } = source;
  return {
    attempted: revision,
    verdict,
    pendingOn: null,
    attempt: nextAttempt(applied, { revision, settings, errors, nowMs }),
  };
}
