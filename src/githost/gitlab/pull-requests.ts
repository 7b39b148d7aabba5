import * as z from 'zod/mini';
import { asRevision } from '../../snapshot/source.ts';
import type { RepositoryLocation } from '../port/host-api.ts';
import { jsonRequest } from '../rest/json-request.ts';
import type {
  Account,
  Comment,
  CommentLocation,
  Contribution,
  FoundPullRequest,
  OpenPullRequest,
  PullRequestApi,
  Reaction,
} from '../port/pull-requests.ts';
import { asNumber, isOpenOf, linkedPage, reading } from '../rest/answers.ts';
import { projectUrl } from './project-url.ts';

/** Merge requests and their notes: https://docs.gitlab.com/api/merge_requests and https://docs.gitlab.com/api/notes */
export const gitlabPullRequests: PullRequestApi = {
  readOne: (at, pullRequest) => ({
    request: jsonRequest('GET', requestUrl(at, pullRequest)),
    read: reading(MergeRequestShape, pullRequestOf),
  }),
  readHead: null,
  listOpen: (at, into, page) => ({
    request: jsonRequest(
      'GET',
      `${projectUrl(at)}/merge_requests?state=opened&target_branch=${encodeURIComponent(into)}&order_by=created_at&sort=desc&per_page=100&page=${page}`,
    ),
    read: reading(z.array(MergeRequestShape), (found, answer) => linkedPage(found.map(pullRequestOf), answer)),
  }),
  ofCommit: (at, revision) => ({
    request: jsonRequest('GET', `${projectUrl(at)}/repository/commits/${revision}/merge_requests?per_page=100`),
    read: reading(z.array(MergeRequestShape), (found) => found.map(pullRequestOf)),
  }),
  listComments: (at, pullRequest, page) => ({
    // A note may have a million characters.
    request: jsonRequest(
      'GET',
      `${requestUrl(at, pullRequest)}/notes?sort=asc&order_by=created_at&per_page=20&page=${page}`,
    ),
    read: reading(z.array(Note), (found, answer) => {
      return linkedPage(found.filter(({ system }) => system !== true).map(commentOf), answer);
    }),
  }),
  readComment: (at) => ({
    request: jsonRequest('GET', noteUrl(at)),
    read: reading(Note, (note) => (note.system === true ? null : commentOf(note))),
  }),
  createComment: (at, pullRequest, body) => ({
    request: jsonRequest('POST', `${requestUrl(at, pullRequest)}/notes`, { body }),
    read: reading(Note, commentOf),
  }),
  changeComment: (at, body) => ({
    request: jsonRequest('PUT', noteUrl(at), { body }),
    read: reading(Note, commentOf),
  }),
  // The same reaction twice is refused with 404.
  react: (at, reaction) => ({
    request: jsonRequest('POST', `${noteUrl(at)}/award_emoji`, { name: REACTIONS[reaction] }),
    read: reading(z.unknown(), () => true as const),
  }),
  mayWrite: (at, { id }) => ({
    request: jsonRequest('GET', `${projectUrl(at)}/members/all/${asNumber(id)}`),
    read: reading(Member, ({ access_level: level, state }) => level >= DEVELOPER && state === 'active'),
  }),
  listCommits: (at, pullRequest, page) => ({
    request: jsonRequest('GET', `${requestUrl(at, pullRequest)}/commits?per_page=100&page=${page}`),
    read: reading(z.array(Commit), (found, answer) => linkedPage(found.map(contributionOf), answer)),
  }),
  findOpen: (at, branches, page) => ({
    request: jsonRequest(
      'GET',
      `${projectUrl(at)}/merge_requests?state=opened&source_branch=${encodeURIComponent(branches.head)}&target_branch=${encodeURIComponent(branches.into)}&per_page=100&page=${page}`,
    ),
    read: reading(z.array(MergeRequestShape), (found, answer) => {
      const open = found.filter((each) => isOpenOf(pullRequestOf(each), branches));
      return linkedPage(open.map(openPullRequestOf), answer);
    }),
  }),
  open: (at, { head, into, title, body }) => ({
    request: jsonRequest('POST', `${projectUrl(at)}/merge_requests`, {
      source_branch: head,
      target_branch: into,
      title,
      description: body,
    }),
    read: reading(MergeRequestShape, openPullRequestOf),
  }),
  changeText: (at, pullRequest, { title, body }) => ({
    request: jsonRequest('PUT', requestUrl(at, pullRequest), { title, description: body }),
    read: reading(MergeRequestShape, openPullRequestOf),
  }),
  commitLimit: null,
  headRefOf: (pullRequest) => `refs/merge-requests/${pullRequest}/head`,
  commentLimit: { length: 1_000_000, lengthOf: (text) => text.length },
  permission: 'a token with the scope api, and the role Developer or higher in the project',
};

const DEVELOPER = 30;
const REACTIONS: Readonly<Record<Reaction, string>> = { seen: 'eyes', done: 'thumbsup', refused: 'thumbsdown' };

function requestUrl(at: RepositoryLocation, pullRequest: number): string {
  return `${projectUrl(at)}/merge_requests/${pullRequest}`;
}

function noteUrl({ pullRequest, commentId, ...at }: CommentLocation): string {
  return `${requestUrl(at, pullRequest)}/notes/${asNumber(commentId)}`;
}

const User = z.object({ id: z.int(), username: z.string(), name: z.optional(z.string()) });

function accountOf({ id, username, name = '' }: z.infer<typeof User>): Account {
  return { id: String(id), name: username, displayName: name === '' ? null : name };
}

const Sha = z.optional(z.nullable(z.string()));
const MergeRequestShape = z.object({
  iid: z.int(),
  title: z.string(),
  description: z.optional(z.nullable(z.string())),
  author: User,
  state: z.enum(['opened', 'closed', 'locked', 'merged']),
  draft: z.optional(z.boolean()),
  sha: Sha,
  source_branch: z.string(),
  target_branch: z.string(),
  source_project_id: z.optional(z.nullable(z.int())),
  target_project_id: z.int(),
  labels: z.optional(z.array(z.string())),
  merge_commit_sha: Sha,
  squash_commit_sha: Sha,
  web_url: z.string(),
});

/** `locked`: it is being merged. */
const STATES = { opened: 'open', locked: 'open', closed: 'closed', merged: 'merged' } as const;

function pullRequestOf(found: z.infer<typeof MergeRequestShape>): FoundPullRequest {
  const state = STATES[found.state];
  // A fast-forward has no commit that is its own.
  const merge = found.merge_commit_sha ?? found.squash_commit_sha ?? (state === 'merged' ? found.sha : null);
  return {
    number: found.iid,
    title: found.title,
    author: accountOf(found.author),
    state,
    isDraft: found.draft === true,
    isFork: found.source_project_id !== found.target_project_id,
    head: { revision: asRevision(found.sha ?? ''), branch: found.source_branch },
    into: found.target_branch,
    labels: found.labels ?? [],
    mergeRevision: asRevision(merge ?? ''),
    url: found.web_url,
  };
}

function openPullRequestOf({
  iid,
  title,
  description,
  web_url: url,
}: z.infer<typeof MergeRequestShape>): OpenPullRequest {
  return { number: iid, title, body: description ?? '', url };
}

const Note = z.object({
  id: z.int(),
  body: z.string(),
  author: User,
  system: z.optional(z.boolean()),
  created_at: z.string(),
  updated_at: z.string(),
});

function commentOf({ id, body, author, ...at }: z.infer<typeof Note>): Comment {
  return { id: String(id), author: accountOf(author), body, isEdited: at.created_at !== at.updated_at };
}

const Member = z.object({ access_level: z.int(), state: z.string() });

const Commit = z.object({
  author_name: z.string(),
  author_email: z.string(),
  committer_name: z.optional(z.string()),
  committer_email: z.optional(z.string()),
  message: z.string(),
});

/** GitLab does not say whose accounts they are. */
function contributionOf(commit: z.infer<typeof Commit>): Contribution {
  const { author_name: name, author_email: email, committer_name: committer, committer_email: mail } = commit;
  const names = [name, email, committer, mail].filter((each) => each !== undefined);
  return { accounts: [], names, message: commit.message };
}
