import { commitTrailer, pullRequestIn, pullRequestTrailer } from '../../proposals/record.ts';
import { inOrder } from '../../proposals/signed-records.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Edit } from '../carry/carried.ts';
import { PROMOTED_BY } from './promoters.ts';

/** One promotion to a stage, as its commit says in its trailers. */
export interface PromotionRecord {
  /** What was written, with the versions that it replaced. */
  readonly moved: readonly Moved[];
  /** The person who promoted something older: automation writes nothing until a person promotes again. Null: no hold. */
  readonly hold: string | null;
  /** The commit on the branch; null: it is this one, or there is none. */
  readonly commit: string | null;
  /** The pull request that proposed it; null: it was written to the branch at once. */
  readonly pullRequest: number | null;
}

export interface Moved {
  readonly key: string;
  readonly from: readonly string[];
  readonly to: string;
}

/** Which promotion of headgate.yml, and to which of its stages. */
export interface StepName {
  readonly promotion: string;
  readonly stage: string;
}

/** The ref of the newest record. It has one commit for each promotion to the stage. */
export function promotionRef({ promotion, stage }: StepName): string {
  return `refs/headgate/promotions/${promotion}/${stage}`;
}

const PROMOTION = 'Headgate-Promotion';
const STAGE = 'Headgate-Promotion-Stage';
const FROM = 'Headgate-Promotion-From';
const MOVED = 'Headgate-Promotion-Moved';
const HOLD = 'Headgate-Promotion-Hold';
const COMMIT = 'Headgate-Commit';

/** A promotion that is to be written. */
export interface PromotionToWrite extends StepName {
  readonly from: readonly { readonly stage: string; readonly revision: Revision }[];
  readonly moved: readonly Moved[];
  /** The person who requested it; null: automation. */
  readonly by: string | null;
  readonly isHold: boolean;
}

export function trailersOf({ promotion, stage, from, moved, by, isHold }: PromotionToWrite): readonly string[] {
  const person = by === null ? null : inOneLine(by);
  return [
    `${PROMOTION}: ${promotion}`,
    `${STAGE}: ${stage}`,
    ...from.map((source) => `${FROM}: ${source.stage} ${source.revision}`),
    ...moved.map((each) => `${MOVED}: ${encode(each.key)} ${each.from.map(encode).join(',')} -> ${encode(each.to)}`),
    ...(person === null ? [] : [`${PROMOTED_BY}: ${person}`]),
    ...(person === null || !isHold ? [] : [`${HOLD}: ${person}`]),
  ];
}

/** The message of the commit of a record, which has the tree of the commit on the branch. */
export function recordMessage(written: PromotionToWrite, revision: string): string {
  const trailers = [...trailersOf(written), commitTrailer(revision)];
  return `Promote to ${written.stage}\n\n${trailers.join('\n')}\n`;
}

/** The branch of the pull request of a step. The ref of its records has another name: `git fetch origin NAME` would prefer it. */
export function headOf({ promotion, stage }: StepName): string {
  return `headgate/promote/${promotion}/${stage}`;
}

/**
 * The record of a promotion that a pull request proposes. Until it is open, the trailer has another name, because a proposal
 * that no one has seen cannot have been declined.
 */
export function proposalMessage(
  written: PromotionToWrite,
  { revision, pullRequest }: { readonly revision: string; readonly pullRequest: number | null },
): string {
  const message = recordMessage(written, revision);
  return pullRequest === null
    ? message.replace(`\n${PROMOTION}:`, `\n${PROPOSED}:`)
    : `${message}${pullRequestTrailer(pullRequest)}\n`;
}

const PROPOSED = 'Headgate-Promotion-Proposed';

/**
 * The record of a promotion that writes nothing, because the stage has what was promoted: it ends a hold. `tip`: of the branch, so
 * that its place is known.
 */
export function releaseMessage(written: PromotionToWrite, tip: Revision): string {
  const trailers = [...trailersOf({ ...written, moved: [], isHold: false }), commitTrailer(tip)];
  return `Release ${written.stage}\n\n${trailers.join('\n')}\n`;
}

/** The record in the message of a commit; null: it is not a promotion of this step. */
export function recordIn(message: string, { promotion, stage }: StepName): PromotionRecord | null {
  const trailer = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(message)?.[1]?.trim() ?? null;
  if (trailer(PROMOTION) !== promotion || trailer(STAGE) !== stage) return null;
  const moved = [...message.matchAll(new RegExp(`^${MOVED}: (\\S+) (\\S*) -> (\\S+)\\s*$`, 'gm'))].map(
    ([, key = '', from = '', to = '']) => ({
      key: decode(key),
      from: from.split(',').filter(Boolean).map(decode),
      to: decode(to),
    }),
  );
  return { moved, hold: trailer(HOLD), commit: trailer(COMMIT), pullRequest: pullRequestIn(message) };
}

/** A commit that was read, the newest first. */
interface Past {
  readonly revision: Revision;
  readonly message: string;
}

/**
 * What was promoted to a stage, the newest first: the commits of its ref, and those of the branch that the ref does not have,
 * because the host refuses such refs, or because the process died between the two.
 */
export function recordsOf(
  commits: { readonly ofRef: readonly Past[]; readonly ofBranch: readonly Past[] },
  step: StepName,
): readonly PromotionRecord[] {
  const recorded = commits.ofRef.flatMap(({ message }) => recordIn(message, step) ?? []);
  const known = new Set(recorded.map(({ commit }) => commit));
  const unrecorded: PromotionRecord[] = [];
  for (const { revision, message } of commits.ofBranch) {
    if (known.has(revision)) break;
    const record = recordIn(message, step);
    // Anyone whose commit is merged may write trailers: they can set a hold, and not end one that the ref has.
    if (record !== null) unrecorded.push({ ...record, hold: record.hold ?? recorded[0]?.hold ?? null });
  }
  return [...unrecorded, ...recorded];
}

/**
 * The same where the records are signed. The branch shows what someone removed from the ref, so all of it that was read counts, in
 * its order: it can set a hold, and not end one that the ref has.
 */
export function signedRecordsOf(
  commits: { readonly ofRef: readonly Past[]; readonly ofBranch: readonly Past[] },
  step: StepName,
): readonly PromotionRecord[] {
  const all = inOrder(commits.ofRef, commits.ofBranch).flatMap(({ commit, isRecorded }) => {
    const record = recordIn(commit.message, step);
    return record === null ? [] : [{ record, isRecorded }];
  });
  return all.map(({ record, isRecorded }, index) => {
    if (isRecorded || record.hold !== null) return record;
    const before = all.slice(index + 1).find((each) => each.isRecorded);
    return { ...record, hold: before?.record.hold ?? null };
  });
}

/** What an edit of several places replaces, by what moved. */
export function movedBy(edits: readonly Edit[]): readonly Moved[] {
  return [...Map.groupBy(edits, ({ key }) => key)].map(([key, own]) => ({
    key,
    from: [...new Set(own.map(({ from }) => from))],
    to: own[0]?.to ?? '',
  }));
}

/** Without spaces, commas and line breaks, which separate. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/%(?:2F|3A|40|2B|3D|23)/g, (escaped) => decodeURIComponent(escaped));
}

/** A person may have edited it. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
