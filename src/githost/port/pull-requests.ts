import type { Revision } from '../../snapshot/source.ts';
import type { ApiAnswer, HostRequest, RepositoryLocation } from './host-api.ts';
import type { Limit } from '../../error/cut-text.ts';

/** A user of the host, by its own answer. */
export interface Account {
  /** Immutable. */
  readonly id: string;
  /** The user name, as in a mention. */
  readonly name: string;
  /** The name for people; null: the host has none here. */
  readonly displayName: string | null;
}

/** As the host says when it is read, which is the only thing that counts: payloads are hints. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly author: Account;
  readonly state: 'open' | 'closed' | 'merged';
  readonly isDraft: boolean;
  /** Its head is in another repository. True too when that repository was deleted. */
  readonly isFork: boolean;
  readonly head: { readonly revision: Revision; readonly branch: string };
  /** The branch that it is to be merged into. */
  readonly into: string;
  readonly labels: readonly string[];
  /**
   * Of an open one: the merge that the host made to try it, of whichever head and tip, or null. Of a merged one: the
   * commit on the branch; null where the host does not say.
   */
  readonly mergeRevision: Revision | null;
  /** Its page. */
  readonly url: string;
}

/** Some hosts abbreviate the head, which another request completes. */
export interface FoundPullRequest extends Omit<PullRequest, 'head'> {
  readonly head: { readonly revision: Revision | null; readonly branch: string };
}

export interface Comment {
  readonly id: string;
  readonly author: Account;
  readonly body: string;
  /** As far as the host says: the body may differ from the one that was delivered. */
  readonly isEdited: boolean;
}

/** A commit of a pull request, with its author and its committer. */
export interface Contribution {
  /** As far as the host knows them. */
  readonly accounts: readonly Account[];
  /** Names and e-mail addresses. */
  readonly names: readonly string[];
  /** It may name more people. */
  readonly message: string;
}

/** Who took part in the commits of a pull request. */
export interface Contributors extends Omit<Contribution, 'message'> {
  /** The host listed every commit. If not, anyone may be a contributor. */
  readonly isComplete: boolean;
}

export type Reaction = 'seen' | 'done' | 'refused';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly isLast: boolean;
}

/** A request as data, and how its answer is read. */
export interface HostCall<Result> {
  readonly request: HostRequest;
  /** Null: it does not exist. Undefined: the answer is an error, or not the host's. */
  readonly read: (answer: ApiAnswer) => Result | null | undefined;
}

/** A comment of a pull request. Some hosts address it through the pull request. */
export interface CommentLocation extends RepositoryLocation {
  readonly pullRequest: number;
  readonly commentId: string;
}

/** A branch of the repository that is to be merged into another one of it. */
export interface BranchPair {
  readonly head: string;
  readonly into: string;
}

/** What people read on it. Title and body fit into the host's limits. */
export interface PullRequestText {
  readonly title: string;
  readonly body: string;
}

/** An open pull request, as the host has its text. */
export interface OpenPullRequest extends PullRequestText {
  readonly number: number;
  /** Its page. */
  readonly url: string;
}

/** The pull requests of a Git host. Pure: its methods only build requests and read answers. Pages begin with 1. */
export interface PullRequestApi {
  readOne(at: RepositoryLocation, pullRequest: number): HostCall<FoundPullRequest>;
  /** The whole id of its head. Null: the host never abbreviates it. */
  readonly readHead: ((at: RepositoryLocation, pullRequest: number) => HostCall<Revision>) | null;
  /** Open ones into a branch, newest first. */
  listOpen(at: RepositoryLocation, into: string, page: number): HostCall<Page<FoundPullRequest>>;
  /** Those that brought the commit to the repository, merged ones included. */
  ofCommit(at: RepositoryLocation, revision: Revision): HostCall<readonly FoundPullRequest[]>;
  /** Oldest first. */
  listComments(at: RepositoryLocation, pullRequest: number, page: number): HostCall<Page<Comment>>;
  readComment(at: CommentLocation): HostCall<Comment>;
  createComment(at: RepositoryLocation, pullRequest: number, body: string): HostCall<Comment>;
  /** `previous`: as it was read, for hosts that change only what has not changed since. */
  changeComment(at: CommentLocation, body: string, previous: Comment): HostCall<Comment>;
  /** Null: comments have no reactions there. */
  readonly react: ((at: CommentLocation, reaction: Reaction) => HostCall<true>) | null;
  /** Whether the account may write to the repository. An account that is not a member may not. */
  readonly mayWrite: (at: RepositoryLocation, account: Account) => HostCall<boolean>;
  listCommits(at: RepositoryLocation, pullRequest: number, page: number): HostCall<Page<Contribution>>;
  /** The open one of these branches, never of a fork. There is at most one, and it may be on any page. */
  findOpen(at: RepositoryLocation, branches: BranchPair, page: number): HostCall<Page<OpenPullRequest>>;
  /** Refused where one is open already, and where the head has no commit that the other branch lacks. */
  open(at: RepositoryLocation, what: BranchPair & PullRequestText): HostCall<OpenPullRequest>;
  changeText(at: RepositoryLocation, pullRequest: number, text: PullRequestText): HostCall<OpenPullRequest>;
  /** The host lists no more commits of a pull request; null: it lists all of them. */
  readonly commitLimit: number | null;
  /** Where the base repository has the head, also of a fork: `refs/pull/12/head`. Null: nowhere. */
  headRefOf(pullRequest: number): string | null;
  /** Of a comment, and of the body of a pull request. */
  readonly commentLimit: Limit;
  /** The permission that it needs, in the host's words. */
  readonly permission: string;
}
