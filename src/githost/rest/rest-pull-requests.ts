import * as z from 'zod/mini';
import { asRevision } from '../../snapshot/source.ts';
import { asNumber, isOpenOf, linkedPage, reading } from './answers.ts';
import type { ApiAnswer, HostRequest, RepositoryLocation } from '../port/host-api.ts';
import type {
  Account,
  BranchPair,
  Comment,
  Contribution,
  FoundPullRequest,
  HostCall,
  OpenPullRequest,
  PullRequestApi,
  Reaction,
} from '../port/pull-requests.ts';

/** What differs between the hosts that have GitHub's API. */
export interface Dialect extends Pick<PullRequestApi, 'commentLimit' | 'commitLimit' | 'permission'> {
  readonly repositoryUrl: (at: RepositoryLocation) => string;
  readonly request: (method: HostRequest['method'], url: string, content?: object) => HostRequest;
  /** A page of a list: `per_page=100&page=2`. */
  readonly pageQuery: (page: number) => string;
  /** Of a list of open pull requests into a branch. A host that ignores it lists all of them. */
  readonly openQuery: (into: string) => string;
  /** The path below a commit of the pull requests that brought it. */
  readonly ofCommitPath: string;
  /** Of a list of open pull requests of two branches, as far as the host can select them. */
  readonly openOfQuery: (at: RepositoryLocation, branches: BranchPair) => string;
}

/**
 * https://docs.github.com/en/rest/pulls/pulls and https://docs.github.com/en/rest/issues/comments: pull requests are issues,
 * which have their comments.
 */
export function restPullRequests(dialect: Dialect): PullRequestApi {
  const { repositoryUrl, request, pageQuery } = dialect;
  const get = (url: string) => request('GET', url);
  const commentUrl = (at: RepositoryLocation, id: string) => `${repositoryUrl(at)}/issues/comments/${asNumber(id)}`;
  const commentsUrl = (at: RepositoryLocation, pullRequest: number) =>
    `${repositoryUrl(at)}/issues/${pullRequest}/comments`;
  return {
    readOne: (at, pullRequest) => ({
      request: get(`${repositoryUrl(at)}/pulls/${pullRequest}`),
      read: reading(PullRequest, pullRequestOf),
    }),
    readHead: null,
    listOpen: (at, into, page) => ({
      request: get(`${repositoryUrl(at)}/pulls?state=open&${dialect.openQuery(into)}&${pageQuery(page)}`),
      read: reading(z.array(PullRequest), (found, answer) => {
        const named = found.map((each) => pullRequestOf(each)).filter((each) => each.into === into);
        return linkedPage(named, answer);
      }),
    }),
    ofCommit: (at, revision) => ({
      request: get(`${repositoryUrl(at)}/commits/${revision}/${dialect.ofCommitPath}`),
      read: readOfCommit,
    }),
    listComments: (at, pullRequest, page) => ({
      request: get(`${commentsUrl(at, pullRequest)}?${pageQuery(page)}`),
      read: reading(z.array(RestComment), (found, answer) => linkedPage(found.map(commentOf), answer)),
    }),
    readComment: ({ pullRequest, commentId, ...at }) => ({
      request: get(commentUrl(at, commentId)),
      // Ids are of the whole repository.
      read: reading(RestComment, (found) => (numberOf(found) === pullRequest ? commentOf(found) : null)),
    }),
    createComment: (at, pullRequest, body) => ({
      request: request('POST', commentsUrl(at, pullRequest), { body }),
      read: reading(RestComment, commentOf),
    }),
    changeComment: ({ commentId, ...at }, body) => ({
      request: request('PATCH', commentUrl(at, commentId), { body }),
      read: reading(RestComment, commentOf),
    }),
    react: ({ commentId, ...at }, reaction) => ({
      request: request('POST', `${commentUrl(at, commentId)}/reactions`, { content: REACTIONS[reaction] }),
      read: reading(z.unknown(), () => true as const),
    }),
    mayWrite: (at, { name }) => ({
      request: get(`${repositoryUrl(at)}/collaborators/${encodeURIComponent(name)}/permission`),
      read: reading(Permission, ({ permission }) => ['owner', 'admin', 'write'].includes(permission)),
    }),
    listCommits: (at, pullRequest, page) => ({
      request: get(`${repositoryUrl(at)}/pulls/${pullRequest}/commits?${pageQuery(page)}`),
      read: reading(z.array(Commit), (found, answer) => linkedPage(found.map(contributionOf), answer)),
    }),
    findOpen: (at, branches, page) => ({
      request: get(`${repositoryUrl(at)}/pulls?state=open&${dialect.openOfQuery(at, branches)}&${pageQuery(page)}`),
      read: reading(z.array(PullRequest), (found, answer) => {
        const open = found.filter((each) => isOpenOf(pullRequestOf(each), branches));
        return linkedPage(open.map(openPullRequestOf), answer);
      }),
    }),
    open: (at, { head, into, title, body }) => ({
      request: request('POST', `${repositoryUrl(at)}/pulls`, { head, base: into, title, body }),
      read: reading(PullRequest, openPullRequestOf),
    }),
    changeText: (at, pullRequest, { title, body }) => ({
      request: request('PATCH', `${repositoryUrl(at)}/pulls/${pullRequest}`, { title, body }),
      read: reading(PullRequest, openPullRequestOf),
    }),
    headRefOf: (pullRequest) => `refs/pull/${pullRequest}/head`,
    commentLimit: dialect.commentLimit,
    commitLimit: dialect.commitLimit,
    permission: dialect.permission,
  };
}

const REACTIONS: Readonly<Record<Reaction, string>> = { seen: 'eyes', done: '+1', refused: '-1' };

const User = z.object({
  id: z.int(),
  login: z.string(),
  full_name: z.optional(z.string()),
});
/** Of a deleted user. No account has this id. */
const GHOST: Account = { id: '0', name: 'ghost', displayName: null };

const PullRequest = z.object({
  number: z.int(),
  title: z.string(),
  body: z.optional(z.nullable(z.string())),
  user: z.nullable(User),
  state: z.enum(['open', 'closed']),
  draft: z.optional(z.boolean()),
  merged_at: z.optional(z.nullable(z.string())),
  merge_commit_sha: z.optional(z.nullable(z.string())),
  html_url: z.string(),
  labels: z.optional(z.nullable(z.array(z.object({ name: z.string() })))),
  head: z.object({ sha: z.string(), ref: z.string(), repo: z.optional(z.nullable(z.object({ id: z.int() }))) }),
  base: z.object({ ref: z.string(), repo: z.object({ id: z.int() }) }),
});

function pullRequestOf(found: z.infer<typeof PullRequest>): FoundPullRequest {
  const { head, base } = found;
  const isMerged = found.merged_at !== undefined && found.merged_at !== null;
  return {
    number: found.number,
    title: found.title,
    author: accountOf(found.user),
    state: isMerged ? 'merged' : found.state,
    isDraft: found.draft === true,
    isFork: head.repo?.id !== base.repo.id,
    head: { revision: asRevision(head.sha), branch: head.ref },
    into: base.ref,
    labels: (found.labels ?? []).map(({ name }) => name),
    mergeRevision: asRevision(found.merge_commit_sha ?? ''),
    url: found.html_url,
  };
}

/** One host lists them, another has one or none. */
const OneOrMore = z.union([z.array(PullRequest), PullRequest]);

function listOf(found: z.infer<typeof OneOrMore>): readonly z.infer<typeof PullRequest>[] {
  return Array.isArray(found) ? found : [found];
}

const readPullRequests: HostCall<readonly FoundPullRequest[]>['read'] = reading(OneOrMore, (found) =>
  listOf(found).map((each) => pullRequestOf(each)),
);

function openPullRequestOf({ number, title, body, html_url: url }: z.infer<typeof PullRequest>): OpenPullRequest {
  return { number, title, body: body ?? '', url };
}

function readOfCommit(answer: ApiAnswer): readonly FoundPullRequest[] | null | undefined {
  const isNone = answer.status === 404 && /pull request does not exist/i.test(answer.text);
  return isNone ? [] : readPullRequests(answer);
}

function accountOf(user: z.infer<typeof User> | null): Account {
  if (user === null) return GHOST;
  const displayName = user.full_name ?? '';
  return { id: String(user.id), name: user.login, displayName: displayName === '' ? null : displayName };
}

const RestComment = z.object({
  id: z.int(),
  user: z.nullable(User),
  body: z.nullable(z.string()),
  created_at: z.string(),
  updated_at: z.string(),
  issue_url: z.optional(z.string()),
  pull_request_url: z.optional(z.string()),
});

function commentOf({ id, user, body, ...at }: z.infer<typeof RestComment>): Comment {
  return { id: String(id), author: accountOf(user), body: body ?? '', isEdited: at.created_at !== at.updated_at };
}

/** The issue or pull request that the comment is on, by its URL. */
function numberOf({ issue_url: issue, pull_request_url: pull }: z.infer<typeof RestComment>): number {
  const number = [pull, issue].map((url) => /\/(?:issues|pulls?)\/(\d+)$/.exec(url ?? '')?.[1]);
  return Number(number.find((each) => each !== undefined) ?? Number.NaN);
}

const Permission = z.object({ permission: z.string() });

const Signature = z.optional(z.nullable(z.object({ name: z.string(), email: z.string() })));
const Commit = z.object({
  author: z.optional(z.nullable(User)),
  committer: z.optional(z.nullable(User)),
  commit: z.object({ author: Signature, committer: Signature, message: z.string() }),
});

function contributionOf({ author, committer, commit }: z.infer<typeof Commit>): Contribution {
  const users = [author, committer].filter((user) => user !== undefined && user !== null);
  const signatures = [commit.author, commit.committer].filter((each) => each !== undefined && each !== null);
  return {
    accounts: users.map((user) => accountOf(user)),
    names: signatures.flatMap(({ name, email }) => [name, email]),
    message: commit.message,
  };
}
