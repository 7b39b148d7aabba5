import type { Preview } from '../../config/checked/config.ts';
import type { PullRequest } from '../../githost/port/pull-requests.ts';

/** A head, and when it was seen first (RFC 3339): about when it was pushed. */
export interface SeenHead {
  readonly head: string;
  readonly since: string;
}

export interface PreviewFacts {
  /** As the host says now; null: it does not exist, or is not open. */
  readonly pullRequest: Pick<PullRequest, 'state' | 'isFork' | 'into' | 'labels' | 'head'> | null;
  readonly isLive: boolean;
  /** From the namespace and from the comment. */
  readonly seen: readonly SeenHead[];
  /** How many other pull requests have a preview of this entry. */
  readonly others: number;
  readonly nowMs: number;
}

/** Why a pull request has no preview. */
export type Absence = 'closed' | 'unlabeled' | 'into-another' | 'fork' | 'expired' | 'full';

export type PreviewDecision =
  | { readonly kind: 'deploy'; readonly since: string }
  /** If it is live, it is deleted. */
  | { readonly kind: 'absent'; readonly why: Absence };

type Rules = Pick<Preview, 'label' | 'ttlMs' | 'limit'> & { readonly settings: { readonly branch: string } };

/** Must this pull request have a preview now? */
export function judgePreview({ label, ttlMs, limit, settings }: Rules, facts: PreviewFacts): PreviewDecision {
  const { pullRequest, isLive, seen, others, nowMs } = facts;
  if (pullRequest?.state !== 'open') return absent('closed');
  if (pullRequest.into !== settings.branch) return absent('into-another');
  if (!pullRequest.labels.includes(label)) return absent('unlabeled');
  if (pullRequest.isFork) return absent('fork');
  const since = sinceOf(pullRequest.head.revision, seen) ?? new Date(nowMs).toISOString();
  if (nowMs - Date.parse(since) >= ttlMs) return absent('expired');
  // A limit that was lowered deletes nothing.
  return !isLive && others >= limit ? absent('full') : { kind: 'deploy', since };
}

/** A namespace of the same entry that another pull request has. */
interface Rival {
  readonly pullRequest: number;
  readonly isComplete: boolean;
}

/**
 * Does a namespace that was just created count within the limit? Processes that create one at the same time see each other's,
 * because each one lists them after it created its own. Those that are complete stay, then those with the lowest numbers.
 * `undecided`: a rival has to complete or withdraw first.
 */
export function judgePlace(
  number: number,
  limit: number,
  rivals: readonly Rival[],
): 'within-limit' | 'full' | 'undecided' {
  if (rivals.length < limit) return 'within-limit';
  const before = rivals.filter(({ isComplete, pullRequest }) => isComplete || pullRequest < number);
  return before.length >= limit ? 'full' : 'undecided';
}

function absent(why: Absence): PreviewDecision {
  return { kind: 'absent', why };
}

/** The earliest: what is lost and written again begins later. */
function sinceOf(head: string, seen: readonly SeenHead[]): string | null {
  const times = seen.filter((each) => each.head === head && !Number.isNaN(Date.parse(each.since)));
  const [first] = times.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since));
  return first?.since ?? null;
}

/** What a sweep finds of one pull request. */
export interface SweptFacts extends Omit<PreviewFacts, 'isLive' | 'seen'> {
  /** Null: it has no namespace. */
  readonly live: SeenHead | null;
  /** Its target is at this head, or waits for another push. */
  readonly isSettled: boolean;
}

/** Is a run due? It reads everything again, so a mistake costs some requests. */
export function isDue(rules: Rules, { live, isSettled, ...facts }: SweptFacts): boolean {
  const seen = live === null ? [] : [live];
  const decision = judgePreview(rules, { ...facts, isLive: live !== null, seen });
  if (decision.kind === 'absent') return live !== null;
  return live?.head !== facts.pullRequest?.head.revision || !isSettled;
}
