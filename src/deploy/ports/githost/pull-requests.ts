import type {
  Account,
  BranchPair,
  Comment,
  Contributors,
  OpenPullRequest,
  PullRequest,
  PullRequestText,
  Reaction,
} from '../../../githost/port/pull-requests.ts';
import type { Limit } from '../../../error/cut-text.ts';
import type { Revision } from '../../../snapshot/source.ts';
import type { Usage } from '../usage.ts';

export interface CommentAddress {
  readonly pullRequest: number;
  readonly commentId: string;
}

/**
 * Whether a comment is by Headgate, as its signature says: anyone may write one that looks like it. `likely`: it names no
 * account, so it may be a copy.
 */
export type IsOurs = (comment: Comment) => 'proven' | 'likely' | null;

/** The comment of which there is at most one. */
export interface StickyComment {
  readonly body: string;
  readonly isOurs: IsOurs;
}

/**
 * The pull requests of a repository. A failed request is retried, then thrown as `host-unreachable` or, when the credentials
 * do not suffice, as `host-forbidden`.
 */
export interface PullRequests {
  readonly usage: Usage;
  readonly commentLimit: Limit;
  /** Where the repository has the head, also of a fork; null: only a fork's own repository has it. */
  headRefOf(pullRequest: number): string | null;
  /** Null: it does not exist. */
  read(pullRequest: number, signal: AbortSignal): Promise<PullRequest | null>;
  /** Open ones into a branch, newest first. `isComplete`: there are not more of them. */
  listOpen(
    into: string,
    atMost: number,
    signal: AbortSignal,
  ): Promise<{ readonly pullRequests: readonly PullRequest[]; readonly isComplete: boolean }>;
  /** Those that brought a commit to the repository. */
  ofCommit(revision: Revision, signal: AbortSignal): Promise<readonly PullRequest[]>;
  /** The oldest proven comment, or else the oldest likely one; null: there is none. Those of others are not kept in memory. */
  findComment(pullRequest: number, isOurs: IsOurs, signal: AbortSignal): Promise<Comment | null>;
  /** Null: it was deleted, or belongs to another pull request. */
  comment(at: CommentAddress, signal: AbortSignal): Promise<Comment | null>;
  /** Changes the comment that `findComment` finds, or creates it. Nothing is sent when it already has this body. */
  upsertComment(pullRequest: number, comment: StickyComment, signal: AbortSignal): Promise<Comment>;
  /** Does nothing where comments have no reactions. */
  react(at: CommentAddress, reaction: Reaction, signal: AbortSignal): Promise<void>;
  /** Null: the credentials may not ask. */
  mayWrite(account: Account, signal: AbortSignal): Promise<boolean | null>;
  /** The open pull request of these branches; null: there is none. */
  findOpen(branches: BranchPair, signal: AbortSignal): Promise<OpenPullRequest | null>;
  /**
   * The open pull request of these branches has this text, cut to what the host accepts; it is opened if there is none. Nothing
   * is sent when it already has the text.
   */
  openOrUpdate(what: BranchPair & PullRequestText, signal: AbortSignal): Promise<OpenPullRequest>;
  /** Gives one that was open this text, in the same way. If it was closed meanwhile, no other one is opened. */
  update(found: OpenPullRequest, text: PullRequestText, signal: AbortSignal): Promise<OpenPullRequest>;
  /** Null: the host does not say, or the credentials may not ask. */
  contributors(pullRequest: number, signal: AbortSignal): Promise<Contributors | null>;
}
