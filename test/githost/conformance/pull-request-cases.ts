import type { HostName } from '../../../src/githost/hosts.ts';
import type { PullRequestAction } from '../../../src/githost/port/git-host.ts';
import { NEW, OLD } from './host-case.ts';
import type { Sent } from './host-case.ts';

/** How a host reports pull request 12 into main, and answers about it; written independently of the code that reads it. */
export interface PullRequestCase {
  readonly hosts: readonly HostName[];
  /** What it sends when something happens to it. */
  readonly events: Readonly<Record<PullRequestAction, readonly Sent[]>>;
  /** Signed deliveries about pull requests or comments that do not concern Headgate. */
  readonly ignored: Readonly<Record<string, Sent>>;
  /** Comment 77, with this body. */
  readonly comment: (body: string) => Sent;
  /** Of the state: the answer about the pull request, whose head is NEW. */
  readonly pullRequest: (change: { readonly state: 'open' | 'closed' | 'merged'; readonly isFork: boolean }) => object;
  /** How it is opened and changed: from its branch `next` into main, with `A title` and `A body`. */
  readonly written: {
    readonly opening: Readonly<Record<string, string>>;
    readonly text: Readonly<Record<string, string>>;
    readonly method: string;
    /** The query that lists the open ones of these branches, as far as the host selects them. */
    readonly finding: string;
  };
  readonly writtenComment: (change: {
    readonly body: string;
    readonly isEdited: boolean;
    readonly on: number;
  }) => object;
  /** The answer about what an account may do: null is not the host's 404. */
  readonly permission: (mayWrite: boolean) => object;
  readonly commit: object;
  /** Whether a comment says which pull request it is on, or is addressed through it. */
  readonly commentsKnowTheirPullRequest: boolean;
  /** Accounts of the authors are known, not only their names. */
  readonly knowsAuthors: boolean;
  readonly pathOfOne: string;
  /** How the next page is announced. */
  readonly nextPage: Readonly<Record<string, string>>;
}

const NEXT = {
  link: '<https://host.example.com/x?page=2>; rel="next", <https://host.example.com/x?page=9>; rel="last"',
};
const AT = '2026-11-28T09:00:00Z';
const LATER = '2026-11-28T09:00:01Z';
const ANN = { id: 11, login: 'ann', username: 'ann', name: 'Ann Example', full_name: 'Ann Example', state: 'active' };

function ofGithub(ids: { readonly isGitea: boolean }): PullRequestCase {
  const repository = { id: 42, name: 'fleet', full_name: 'acme/fleet' };
  const pullRequest: PullRequestCase['pullRequest'] = ({ state, isFork }) => ({
    id: 5012,
    number: 12,
    title: 'More replicas',
    body: 'Why',
    user: ANN,
    state: state === 'open' ? 'open' : 'closed',
    draft: false,
    merged_at: state === 'merged' ? AT : null,
    merge_commit_sha: state === 'merged' ? OLD : null,
    html_url: 'https://host.example.com/acme/fleet/pull/12',
    labels: [{ id: 1, name: 'preview', color: 'ededed' }],
    head: { label: 'next', ref: 'next', sha: NEW, repo: { ...repository, id: isFork ? 43 : 42 } },
    base: { label: 'main', ref: 'main', sha: OLD, repo: repository },
  });
  const event = (action: string): Sent => {
    const payload = { action, number: 12, pull_request: pullRequest({ state: 'open', isFork: false }), repository };
    return { event: 'pull_request', payload };
  };
  const writtenComment: PullRequestCase['writtenComment'] = ({ body, isEdited, on }) => ({
    id: 77,
    user: ANN,
    body,
    created_at: AT,
    updated_at: isEdited ? LATER : AT,
    ...(ids.isGitea
      ? { issue_url: '', pull_request_url: `https://host.example.com/acme/fleet/pulls/${on}` }
      : { issue_url: `https://api.host.example.com/repos/acme/fleet/issues/${on}` }),
  });
  const comment = (action: string, body: string, isPullRequest = true): Sent => ({
    event: 'issue_comment',
    payload: {
      action,
      issue: { number: 12, title: 'More replicas', ...(isPullRequest ? { pull_request: { merged_at: null } } : {}) },
      comment: writtenComment({ body, isEdited: action === 'edited', on: 12 }),
      repository,
    },
  });
  return {
    hosts: ids.isGitea ? ['gitea', 'forgejo'] : ['github'],
    events: {
      opened: ['opened', 'reopened', ...(ids.isGitea ? [] : ['ready_for_review'])].map(event),
      updated: [event(ids.isGitea ? 'synchronized' : 'synchronize')],
      edited: ['edited', ...(ids.isGitea ? [] : ['converted_to_draft'])].map(event),
      labeled: (ids.isGitea ? ['label_updated', 'label_cleared'] : ['labeled', 'unlabeled']).map(event),
      closed: [event('closed')],
    },
    ignored: {
      'an assignment': event('assigned'),
      'an edited comment': comment('edited', '/headgate plan'),
      'a deleted comment': comment('deleted', '/headgate plan'),
      'a comment on an issue': comment('created', '/headgate plan', false),
    },
    comment: (body) => comment('created', body),
    pullRequest,
    written: {
      opening: { head: 'next', base: 'main', title: 'A title', body: 'A body' },
      text: { title: 'A title', body: 'A body' },
      method: 'PATCH',
      finding: ids.isGitea ? '/pulls?state=open&base_branch=main' : '/pulls?state=open&head=acme%3Anext&base=main',
    },
    writtenComment,
    permission: (mayWrite) => ({ permission: mayWrite ? 'write' : 'read', role_name: 'custom', user: ANN }),
    commit: {
      sha: NEW,
      author: ANN,
      committer: null,
      commit: {
        author: { name: 'Ann', email: 'ann@example.com' },
        committer: { name: 'Bob', email: 'bob@example.com' },
        message: 'Change\n\nCo-authored-by: Cleo <cleo@example.com>\n',
      },
    },
    commentsKnowTheirPullRequest: true,
    knowsAuthors: true,
    pathOfOne: '/repos/acme/fleet/pulls/12',
    nextPage: NEXT,
  };
}

const PROJECT = { id: 42, name: 'fleet', path_with_namespace: 'acme/platform/fleet' };

function mergeRequestEvent(action: string, more: { oldrev?: string; changes?: object } = {}): Sent {
  const { oldrev, changes = {} } = more;
  const object_attributes = {
    id: 6_632_669,
    iid: 12,
    action,
    source_branch: 'next',
    target_branch: 'main',
    source_project_id: 42,
    target_project_id: 42,
    state: 'opened',
    last_commit: { id: NEW },
    ...(oldrev === undefined ? {} : { oldrev }),
  };
  const payload = { object_kind: 'merge_request', project: PROJECT, object_attributes, labels: [], changes };
  return { event: 'Merge Request Hook', payload };
}

function noteEvent(
  body: string,
  change: object = {},
  on: object = { merge_request: { id: 6_632_669, iid: 12 } },
): Sent {
  const note = { id: 77, note: body, noteable_type: 'MergeRequest', system: false, created_at: AT, updated_at: AT };
  const payload = { object_kind: 'note', project: PROJECT, object_attributes: { ...note, ...change }, ...on };
  return { event: 'Note Hook', payload };
}

const GITLAB: PullRequestCase = {
  hosts: ['gitlab'],
  events: {
    opened: [mergeRequestEvent('open'), mergeRequestEvent('reopen')],
    updated: [mergeRequestEvent('update', { oldrev: OLD })],
    edited: [mergeRequestEvent('update', { changes: { title: { previous: 'Draft: x', current: 'x' } } })],
    labeled: [mergeRequestEvent('update', { changes: { labels: { previous: [], current: [{ title: 'preview' }] } } })],
    closed: [mergeRequestEvent('close'), mergeRequestEvent('merge')],
  },
  ignored: {
    'an approval': mergeRequestEvent('approved'),
    'an edited comment': noteEvent('/headgate plan', { action: 'update', updated_at: LATER }),
    'an edited comment of an older version': noteEvent('/headgate plan', { updated_at: LATER }),
    'a comment of GitLab': noteEvent('added 1 commit', { system: true }),
    'a comment on an issue': noteEvent('/headgate plan', { noteable_type: 'Issue' }, { issue: { iid: 12 } }),
  },
  comment: (body) => noteEvent(body, { action: 'create' }),
  pullRequest: ({ state, isFork }) => ({
    id: 6_632_669,
    iid: 12,
    title: 'More replicas',
    description: 'Why',
    author: ANN,
    state: state === 'open' ? 'opened' : state,
    draft: false,
    sha: NEW,
    source_branch: 'next',
    target_branch: 'main',
    source_project_id: isFork ? 43 : 42,
    target_project_id: 42,
    labels: ['preview'],
    merge_commit_sha: state === 'merged' ? OLD : null,
    squash_commit_sha: null,
    web_url: 'https://host.example.com/acme/fleet/pull/12',
  }),
  written: {
    opening: { source_branch: 'next', target_branch: 'main', title: 'A title', description: 'A body' },
    text: { title: 'A title', description: 'A body' },
    method: 'PUT',
    finding: '/merge_requests?state=opened&source_branch=next&target_branch=main',
  },
  writtenComment: ({ body, isEdited }) => ({
    id: 77,
    body,
    author: ANN,
    system: false,
    created_at: AT,
    updated_at: isEdited ? LATER : AT,
  }),
  permission: (mayWrite) => ({ id: 11, username: 'ann', state: 'active', access_level: mayWrite ? 30 : 20 }),
  commit: {
    id: NEW,
    author_name: 'Ann',
    author_email: 'ann@example.com',
    committer_name: 'Bob',
    committer_email: 'bob@example.com',
    message: 'Change\n\nCo-authored-by: Cleo <cleo@example.com>\n',
  },
  commentsKnowTheirPullRequest: false,
  knowsAuthors: false,
  pathOfOne: '/projects/acme%2Fplatform%2Ffleet/merge_requests/12',
  nextPage: NEXT,
};

const PULL_REQUEST_CASES: readonly PullRequestCase[] = [
  ofGithub({ isGitea: false }),
  ofGithub({ isGitea: true }),
  GITLAB,
];

/** Null: the host lacks pull requests. */
export function pullRequestCaseOf(host: HostName): PullRequestCase | null {
  return PULL_REQUEST_CASES.find(({ hosts }) => hosts.includes(host)) ?? null;
}
