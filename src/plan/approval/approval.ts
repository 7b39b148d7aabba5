import { hmacSha256, isSame } from '../../signing/hmac.ts';
import type { Approved } from '../../state/target-state.ts';
import type { Revision } from '../../snapshot/source.ts';
import { meansPlan, shownHash } from './plan-hash.ts';
import type { HashedChange, PlanHash } from './plan-hash.ts';

/** A person approves a plan by its hash. */
export interface Approval {
  readonly hash: string;
  readonly by: string;
  /** It is for whichever target has this plan, not for the one that reads it. */
  readonly isForAny?: true | undefined;
}

/** A plan that was shown on a pull request, which was then merged. */
export interface ReviewedPlan {
  readonly pullRequest: number;
  readonly hash: string;
}

/** Why a plan may be carried out, or what it waits for. */
export type ApprovalVerdict =
  | { readonly kind: 'approved'; readonly approved: Approved }
  | { readonly kind: 'not-approved'; readonly reason: string };

export interface ApprovalFacts {
  readonly revision: Revision;
  /** Under each key, the first one first. */
  readonly hashes: readonly PlanHash[];
  readonly given: Approval | null;
  /** On the pull requests that brought the commit. */
  readonly reviewed: readonly ReviewedPlan[];
  /** By an earlier run that did not end. */
  readonly recorded: Approved | null;
  readonly keys: readonly string[];
}

/**
 * A run needs the approval of its plan. One that resumes, after a wave or after it was killed, has the approval that was
 * recorded when it began, as long as it does nothing more than that.
 */
export function judgeApproval({ revision, hashes, given, reviewed, recorded, keys }: ApprovalFacts): ApprovalVerdict {
  const [newest] = hashes;
  if (newest === undefined) return { kind: 'not-approved', reason: 'plans cannot be approved: no key is configured' };
  if (recorded !== null && recorded.revision === revision && isAuthentic(recorded, keys)) {
    const known = new Set(recorded.changes);
    const goesOn = hashes.some(({ changes }) => changes.every(({ hash }) => known.has(hash)));
    if (goesOn) return { kind: 'approved', approved: recorded };
  }
  const meant = given === null ? undefined : hashes.find((each) => meansPlan(given.hash, each));
  if (given !== null && meant !== undefined) return approve(meant, given.by, { revision, keys });
  for (const { hash, pullRequest } of reviewed) {
    const shown = hashes.find((each) => each.hash === hash);
    if (shown !== undefined) return approve(shown, `#${pullRequest}`, { revision, keys });
  }
  return { kind: 'not-approved', reason: reasonOf(newest, { given, reviewed }) };
}

function approve(
  { hash, changes }: PlanHash,
  by: string,
  { revision, keys }: Pick<ApprovalFacts, 'revision' | 'keys'>,
): ApprovalVerdict {
  const content = { revision, hash, by, changes: changes.map((change) => change.hash) };
  return { kind: 'approved', approved: { ...content, proof: proofOf(content, keys[0] ?? '') } };
}

function reasonOf(plan: PlanHash, { given, reviewed }: Pick<ApprovalFacts, 'given' | 'reviewed'>): string {
  const [first] = reviewed;
  const because =
    given !== null && given.isForAny !== true
      ? 'the plan is not the one that was approved'
      : first === undefined
        ? 'waits for approval'
        : `the plan changed since it was reviewed on #${first.pullRequest}`;
  return `${because}: ${summaryOf(plan.changes)}; approve ${shownHash(plan.hash)}`;
}

const NAMED = 3;

/** `2 updates, 1 prune: Deployment web, Service web, Job old` */
export function summaryOf(changes: readonly HashedChange[]): string {
  const counts = (['create', 'update', 'replace', 'prune', 'release'] as const).flatMap((op) => {
    const count = changes.filter((change) => change.op === op).length;
    return count === 0 ? [] : [`${count} ${op}${count === 1 ? '' : 's'}`];
  });
  const names = changes.slice(0, NAMED).map(({ id }) => `${id.kind} ${id.name}`);
  const more = changes.length > NAMED ? ` and ${changes.length - NAMED} more` : '';
  return changes.length === 0 ? 'no changes' : `${counts.join(', ')}: ${names.join(', ')}${more}`;
}

/** Anyone who may write the state object could approve anything, so what it says is signed. */
function isAuthentic({ proof, ...content }: Approved, keys: readonly string[]): boolean {
  return keys.some((key) => isSame(Buffer.from(proofOf(content, key)), Buffer.from(proof)));
}

/** The hashes of the changes contain the target, its cluster and its settings. */
function proofOf({ revision, hash, by, changes }: Omit<Approved, 'proof'>, key: string): string {
  const text = JSON.stringify(['headgate approval v1', revision, hash, by, changes]);
  return hmacSha256(key, text).toString('base64url');
}
