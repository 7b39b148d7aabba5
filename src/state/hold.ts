import type { Revision } from '../snapshot/source.ts';
import type { TargetState } from './target-state.ts';

/** A person, or a rollback, keeps a target where it is. What is pushed waits until the hold ends. */
export interface Hold {
  /** Who set it. */
  readonly by: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly since: string;
  /** Deployed and kept, whatever is pushed. Null: the target was not at one commit, and stays as it is. */
  readonly at: Revision | null;
  /** The commit that a rollback left; null: the hold is not a rollback. */
  readonly from: Revision | null;
  /** RFC 3339; null: until a person ends it. */
  readonly until: string | null;
}

/** The hold that is in force; one that has run out is not. */
export function activeHold({ hold }: Pick<TargetState, 'hold'>, nowMs: number): Hold | null {
  return hold === null || hasRunOut(hold, nowMs) ? null : hold;
}

export function hasRunOut({ until }: Hold, nowMs: number): boolean {
  return until !== null && nowMs >= Date.parse(until);
}

/**
 * The commit that a hold without a chosen one keeps: the one whose run has opened, which is finished, or the applied one.
 * Null for a target that was never deployed, or only in part.
 */
export function commitToKeep({ applied, run, outcome, progress }: TargetState): Revision | null {
  if (progress.waiting?.isExact === true) return progress.waiting.revision;
  // A run that works, or was killed: it has marked its files dirty, and only its close clears them.
  if (run.lease !== null && outcome.attempted !== null && outcome.attempted === outcome.pendingOn)
    return outcome.attempted;
  return run.dirty === 'all' || run.dirty.length > 0 ? null : (applied.source?.revision ?? null);
}

/** The tip was pending until the end of a hold, and is the same as what the target is held at since. */
export function isLeftByHold({ hold, outcome }: Pick<TargetState, 'hold' | 'outcome'>, tip: Revision): boolean {
  return hold !== null && hold.at !== tip && outcome.pendingOn === tip;
}

/** `held by jo since 28 Nov 10:02 UTC: reason` */
export function describeHold({ by, since, reason }: Pick<Hold, 'by' | 'since' | 'reason'>): string {
  return `held by ${by} since ${describeTime(since)}: ${reason}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Nov 28 10:02 UTC`, of an RFC 3339 time in UTC: readers of a commit are in many time zones. */
function describeTime(time: string): string {
  const [, month = '', day = '', clock = ''] = /^\d+-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(time) ?? [];
  return `${MONTHS[Number(month) - 1] ?? month} ${Number(day)} ${clock} UTC`;
}
