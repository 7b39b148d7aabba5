import type { Problem } from '../../error/deploy-error.ts';
import { adoptedIn } from '../../plan/planner/after.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import { describeUndecided } from '../../plan/model/plan.ts';
import type { Plan, Undecided } from '../../plan/model/plan.ts';
import { liftedBy } from '../../plan/planner/lifted.ts';
import { apiWarnings } from '../../plan/refusals/api-warnings.ts';
import { formatId } from '../../resource/resource.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Report, Verdict } from '../ports/report.ts';

const NO_CHANGES = {
  created: 0,
  updated: 0,
  unchanged: 0,
  pruned: 0,
  failed: 0,
  warnings: [],
  errors: [],
  readiness: null,
  isRecorded: false,
};

export function unchanged(
  revision: Revision | null,
  previous: Revision | null,
  warnings: readonly Problem[] = [],
): Report {
  return { ...NO_CHANGES, verdict: 'unchanged', revision, previous, warnings };
}

export function refused(revision: Revision, previous: Revision | null, plan: Plan): Report {
  return { ...refusedBecause(revision, previous, plan.refusals), warnings: plan.warnings };
}

export function refusedBecause(revision: Revision, previous: Revision | null, errors: readonly Problem[]): Report {
  return { ...NO_CHANGES, verdict: 'refused', revision, previous, errors };
}

export function failed(problem: Problem, revision: Revision | null): Report {
  return { ...NO_CHANGES, verdict: 'failed', revision, previous: null, errors: [problem] };
}

export function applied(
  revision: Revision,
  previous: Revision | null,
  { plan, results, waitMs }: { plan: Plan; results: readonly ChangeResult[]; waitMs: number },
): Report {
  const effects = (effect: string) =>
    results.filter((result) => result.kind === 'applied' && result.effect === effect).length;
  const errors = results.flatMap((result) => (result.kind === 'failed' ? [result.problem] : []));
  const kept = results.filter((result) => result.kind === 'kept');
  const inUse = kept.flatMap(({ isInUse, prune }) => (isInUse === true ? [formatId(prune.entry.id)] : []));
  const released = results.filter(({ kind }) => kind === 'released').length;
  const adopted = adoptedIn(results);
  const done = results.filter(({ kind }) => kind === 'applied' || kind === 'pruned').length + released;
  return {
    verdict: errors.length === 0 ? succeeded(plan, results) : done > 0 ? 'partial' : 'failed',
    revision,
    previous,
    created: effects('created'),
    updated: effects('updated'),
    unchanged: effects('unchanged') + plan.keeps.length,
    pruned: results.filter(({ kind }) => kind === 'pruned').length,
    ...(adopted === 0 ? {} : { adopted }),
    ...(released === 0 ? {} : { released }),
    lifted: liftedBy(results),
    failed: errors.length,
    ...(inUse.length === 0 ? {} : { kept: inUse }),
    warnings: [
      ...plan.warnings,
      ...lateWarnings(plan, results),
      ...kept.map((result) => keptWarning(result)),
      ...plan.undecided.map((each) => undecidedWarning(each)),
    ],
    errors,
    isRecorded: true,
    readiness: errors.length > 0 || waitMs === 0 ? null : plan.awaits.length === 0 ? 'ready' : 'awaited',
  };
}

/** What another target has taken over leaves only the inventory. */
function succeeded({ pauseAfter, forgotten, isRebuilt }: Plan, results: readonly ChangeResult[]): Verdict {
  if (pauseAfter !== null) return 'waiting';
  return forgotten.length > 0 && results.length === 0 && !isRebuilt ? 'unchanged' : 'deployed';
}

/** Warnings that appeared only with the write: no dry run of the object was possible before. */
function lateWarnings({ warnings }: Plan, results: readonly ChangeResult[]): readonly Problem[] {
  const known = new Set(warnings.map(({ message }) => message));
  const written = results.filter((result) => result.kind === 'applied');
  return apiWarnings(
    written.map(({ write, warnings: texts }) => ({ resource: write.candidate.resource, warnings: texts })),
  ).filter(({ message }) => !known.has(message));
}

function keptWarning({ prune: { entry }, reason, forget }: Extract<ChangeResult, { kind: 'kept' }>): Problem {
  return {
    code: forget ? 'foreign-owner' : 'prune-kept',
    subject: formatId(entry.id),
    message: `removed from Git, but kept in the cluster: ${reason}`,
    remedy: `${forget ? 'Delete it' : 'Remove what keeps it, or delete it'} manually if it is not needed.`,
  };
}

export function undecidedWarning({ entry, by }: Undecided): Problem {
  return {
    code: by.kind === 'inhabited' ? 'prune-kept' : 'foreign-owner',
    subject: formatId(entry.id),
    message: `removed from Git, but kept in the cluster: ${describeUndecided(by)}`,
    remedy: `Wait for the next run of target ${by.target}, or fix what it reports.`,
  };
}
