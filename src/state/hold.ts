import type { Revision } from '../snapshot/source.ts';

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

export function hasRunOut({ until }: Hold, nowMs: number): boolean {
  return until !== null && nowMs >= Date.parse(until);
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
