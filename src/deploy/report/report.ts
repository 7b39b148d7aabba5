import type { Problem } from '../../error/deploy-error.ts';
import { failureClassOf } from '../../error/deploy-error.ts';
import type { CommitStatus } from '../../githost/port/git-host.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import type { Plan } from '../../plan/model/plan.ts';
import { apiWarnings } from '../../plan/refusals/api-warnings.ts';
import { formatId } from '../../resource/resource.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Report } from '../ports/report.ts';
const NO_CHANGES = {
  created: 0,
  updated: 0,
  unchanged: 0,
  pruned: 0,
  failed: 0,
  warnings: [],
  errors: [],
  readiness: null,
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
  const kept = results.flatMap((result) => (result.kind === 'kept' ? [keptWarning(result)] : []));
  const done = results.filter(({ kind }) => kind === 'applied' || kind === 'pruned').length;
  return {
    verdict:
      errors.length === 0 ? (plan.pauseAfter === null ? 'deployed' : 'waiting') : done > 0 ? 'partial' : 'failed',
    revision,
    previous,
    created: effects('created'),
    updated: effects('updated'),
    unchanged: effects('unchanged') + plan.keeps.length,
    pruned: results.filter(({ kind }) => kind === 'pruned').length,
    failed: errors.length,
    warnings: [...plan.warnings, ...lateWarnings(plan, results), ...kept],
    errors,
    readiness: errors.length > 0 || waitMs === 0 ? null : plan.awaits.length === 0 ? 'ready' : 'awaited',
  };
}

/** What the API server warned of only when it was written: no dry run of it was possible before. */
function lateWarnings({ warnings }: Plan, results: readonly ChangeResult[]): readonly Problem[] {
  const known = new Set(warnings.map(({ message }) => message));
  const written = results.filter((result) => result.kind === 'applied');
  return apiWarnings(
    written.map(({ write, warnings: texts }) => ({ resource: write.candidate.resource, warnings: texts })),
  ).filter(({ message }) => !known.has(message));
}

function keptWarning({ prune: { entry }, reason }: Extract<ChangeResult, { kind: 'kept' }>): Problem {
  return {
    code: 'foreign-owner',
    subject: formatId(entry.id),
    message: `it left Git and stays in the cluster: ${reason}`,
    remedy: 'Delete it by hand if it is not needed.',
  };
}

/** What GitHub shows beside a status, and no more than it takes. */
const DESCRIPTION_LENGTH = 140;

export function commitStatus(target: string, state: CommitStatus['state'], description: string): CommitStatus {
  return {
    state,
    context: `headgate/${target}`,
    description:
      description.length <= DESCRIPTION_LENGTH ? description : `${description.slice(0, DESCRIPTION_LENGTH - 1)}…`,
  };
}

/** The final status of a commit; null when the verdict says nothing to it, or a check will. */
export function statusOf(target: string, report: Report, durationMs: number): CommitStatus | null {
  const status = (state: CommitStatus['state'], description: string) => commitStatus(target, state, description);
  if (report.readiness === 'awaited') return null;
  switch (report.verdict) {
    case 'unchanged':
      return status('success', 'no changes');
    case 'deployed':
      return status(
        'success',
        report.readiness === 'ready'
          ? readyText(report.overall ?? report, report.overall?.durationMs ?? durationMs)
          : summaryOf(report.overall ?? report),
      );
    case 'partial':
    case 'refused':
      return status('failure', errorsOf(report.errors));
    case 'failed':
      return status(
        report.errors.some(({ code }) => ['manifest', 'guard'].includes(failureClassOf(code))) ? 'failure' : 'error',
        errorsOf(report.errors),
      );
    case 'waiting':
    case 'superseded':
      return null;
    default:
      return report.verdict satisfies never;
  }
}

/** `1 created, 2 updated, 1 pruned`, zero parts left out. */
export function summaryOf({ created, updated, pruned }: Pick<Report, 'created' | 'updated' | 'pruned'>): string {
  const parts = [`${created} created`, `${updated} updated`, `${pruned} pruned`].filter(
    (part) => !part.startsWith('0 '),
  );
  return parts.length === 0 ? 'no changes' : parts.join(', ');
}

/** `1 created, 2 updated, ready in 3.1 s` */
export function readyText(counts: Parameters<typeof summaryOf>[0], durationMs: number): string {
  return `${summaryOf(counts)}, ready in ${(durationMs / 1000).toFixed(1)} s`;
}

/** `apps/web.yaml:7 message (+2 more)` */
export function errorsOf([first, ...more]: readonly Problem[]): string {
  if (first === undefined) return 'failed without a reason';
  return `${first.subject} ${first.message}${more.length === 0 ? '' : ` (+${more.length} more)`}`;
}
