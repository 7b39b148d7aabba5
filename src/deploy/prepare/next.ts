import { changesNothing, isThrough } from '../../plan/model/plan.ts';
import type { Plan } from '../../plan/model/plan.ts';
import type { Verdict } from '../ports/report.ts';
import type { Stop } from './stops.ts';

/** What a run does with its plan. */
export type Next =
  /** Only the attempt is recorded. */
  | 'refuse'
  /** Another target owns objects of the plan and has to release them first. */
  | 'wait'
  /** Neither the cluster nor the inventory changes: only the commit is recorded. */
  | 'record'
  /** What the first step waits for is not ready. */
  | 'pause'
  | 'apply';

export function nextOf(plan: Plan): Next {
  if (plan.refusals.length > 0) return 'refuse';
  if (plan.awaitedReleases.length > 0) return 'wait';
  if (changesNothing(plan)) return 'record';
  // Another target may wait for what this one only has to release.
  const mayRelease = plan.releases.length > 0 && isThrough(plan);
  return plan.pauseAfter === 0 && !mayRelease ? 'pause' : 'apply';
}

/** The verdict of a deploy by this plan, if the cluster accepts what it accepted as a dry run. */
export function verdictOf(plan: Plan): Verdict {
  const next = nextOf(plan);
  switch (next) {
    case 'refuse':
      return 'refused';
    case 'record':
      return 'unchanged';
    case 'pause':
    case 'wait':
      return 'waiting';
    case 'apply':
      return plan.pauseAfter === null ? 'deployed' : 'waiting';
    default:
      return next satisfies never;
  }
}

export function verdictOfStop({ kind }: Stop): Verdict {
  switch (kind) {
    case 'rewound':
    case 'current':
    case 'never-deployed':
    case 'backing-off':
      return 'unchanged';
    case 'refused':
      return 'refused';
    case 'held':
    case 'closed':
    case 'waiting':
      return 'waiting';
    default:
      return kind satisfies never;
  }
}
