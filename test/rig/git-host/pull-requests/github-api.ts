import { z } from 'zod';
import type { CommitShown, RepositoryPullRequests, StoredComment, StoredPullRequest, User } from './model.ts';
import { ROBOT } from './model.ts';

/** GitHub's pull requests and their comments: https://docs.github.com/en/rest/pulls/pulls */

export interface PullsRequest {
  readonly method: string;
  readonly fullName: string;
  /** Behind `/repos/OWNER/NAME`, without the query. */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface PullsAnswer {
  readonly status: number;
  readonly content: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PullsWorld {
  readonly url: string;
  readonly idOf: (fullName: string) => number;
  readonly users: () => readonly User[];
  readonly pullRequests: RepositoryPullRequests;
}

const Body = z.object({ body: z.string() });
const MAX_BODY = 65_536;
const MAX_TITLE = 256;
const Text = z.object({ title: z.string().min(1).max(MAX_TITLE), body: z.string().max(MAX_BODY).default('') });
const Opened = Text.extend({ head: z.string(), base: z.string() });

/** Null: the request is about something else. */
export async function answerPulls(request: PullsRequest, world: PullsWorld): Promise<PullsAnswer | null> {
  const { method, rest, query, body, fullName } = request;
  const { pullRequests } = world;
  const shown = (each: StoredPullRequest) => shownPullRequest(each, fullName, world);
  const comment = (each: StoredComment) => shownComment(each, fullName, world);
  const [, , number = ''] = /^\/(pulls|issues)\/(\d+)(\/|$)/.exec(rest) ?? [];
  const found = pullRequests.find(Number(number));
  if (number !== '' && found === undefined) return refusal(404, 'Not Found');
  const id = Number(/^\/issues\/comments\/(\d+)/.exec(rest)?.[1] ?? 0);
  const written = pullRequests.comments.find((each) => each.id === id);
  const sha = /^\/commits\/([0-9a-f]{40,64})\/pulls$/.exec(rest)?.[1];
  const user = /^\/collaborators\/([^/]+)\/permission$/.exec(rest)?.[1];
  const what = rest.replace(/\/\d+(?=\/|$)/, '/N').replace(/[0-9a-f]{40,64}/, 'SHA');
  switch (`${method} ${what}`) {
    case 'GET /pulls': {
      const open = pullRequests.all.filter(
        (each) =>
          each.state === 'open' &&
          each.into === (query.get('base') ?? each.into) &&
          headLabel(each) === (query.get('head') ?? headLabel(each)),
      );
      return page(open.toReversed().map(shown), query, world.url);
    }
    case 'POST /pulls':
      return openOf(request, world);
    case 'PATCH /pulls/N': {
      const { data } = Text.safeParse(body);
      if (data === undefined || found === undefined) return refusal(422, 'Validation Failed');
      return { status: 200, content: shown(pullRequests.rewrite(found.number, data)) };
    }
    case 'GET /pulls/N':
      return { status: 200, content: found === undefined ? null : shown(found) };
    case 'GET /pulls/N/commits':
      return page(
        (await pullRequests.commits(Number(number))).map((each) => shownCommit(each, world)),
        query,
        world.url,
      );
    case 'GET /issues/N/comments':
      return page(pullRequests.comments.filter((each) => each.number === found?.number).map(comment), query, world.url);
    case 'POST /issues/N/comments': {
      const text = Body.safeParse(body).data?.body ?? '';
      if (text === '' || text.length > MAX_BODY) return refusal(422, 'Validation Failed: body is too long');
      return { status: 201, content: comment(pullRequests.comment(Number(number), ROBOT, text)) };
    }
    case 'GET /issues/comments/N':
      return written === undefined ? refusal(404, 'Not Found') : { status: 200, content: comment(written) };
    case 'PATCH /issues/comments/N': {
      const text = Body.safeParse(body).data?.body ?? '';
      if (text === '' || text.length > MAX_BODY) return refusal(422, 'Validation Failed: body is too long');
      const edited = pullRequests.edit(id, text);
      return edited === undefined ? refusal(404, 'Not Found') : { status: 200, content: comment(edited) };
    }
    case 'POST /issues/comments/N/reactions': {
      const { data } = z.object({ content: z.enum(['eyes', '+1', '-1', 'rocket', 'confused']) }).safeParse(body);
      if (data === undefined || written === undefined) return refusal(422, 'Validation Failed');
      written.reactions.push({ user: ROBOT, content: data.content });
      return { status: 201, content: { id: 1, content: data.content } };
    }
    default:
      if (method === 'GET' && sha !== undefined) {
        return { status: 200, content: (await pullRequests.ofCommit(sha)).map(shown) };
      }
      if (method === 'GET' && user !== undefined) return permissionOf(decodeURIComponent(user), world);
      return null;
  }
}

/** Of the same repository: a fork would be named in the head. */
async function openOf({ body, fullName }: PullsRequest, world: PullsWorld): Promise<PullsAnswer> {
  const { data } = Opened.safeParse(body);
  if (data === undefined) return refusal(422, 'Validation Failed');
  const { head, base, ...text } = data;
  const { pullRequests } = world;
  const commits = await pullRequests.commitsAhead(head, base);
  if (commits === null) return refusal(422, 'Validation Failed: head or base is invalid');
  if (commits === 0) return refusal(422, `Validation Failed: No commits between ${base} and ${head}`);
  const isOpen = pullRequests.all.some(
    (each) => each.state === 'open' && each.headRepository === fullName && each.branch === head && each.into === base,
  );
  if (isOpen) return refusal(422, `Validation Failed: A pull request already exists for ${head}.`);
  const opened = await pullRequests.open({ branch: head, into: base, user: ROBOT, ...text });
  return { status: 201, content: shownPullRequest(opened, fullName, world) };
}

function headLabel({ headRepository, branch }: StoredPullRequest): string {
  return `${headRepository.split('/')[0]}:${branch}`;
}

function permissionOf(login: string, world: PullsWorld): PullsAnswer {
  const user = world.users().find((each) => each.login === login);
  if (user === undefined) return refusal(404, `${login} is not a user`);
  return { status: 200, content: { permission: user.permission, role_name: user.permission, user: shownUser(user) } };
}

function page(items: readonly unknown[], query: URLSearchParams, url: string): PullsAnswer {
  const perPage = Math.min(Number(query.get('per_page') ?? 30), 100);
  const number = Number(query.get('page') ?? 1);
  const isLast = number * perPage >= items.length;
  const content = items.slice((number - 1) * perPage, number * perPage);
  return { status: 200, content, headers: isLast ? {} : { link: `<${url}/next?page=${number + 1}>; rel="next"` } };
}

function shownUser({ id, login }: User) {
  return { id, login, type: 'User', site_admin: false };
}

function shownCommit({ sha, author, committer, message }: CommitShown, { users }: PullsWorld) {
  const userOf = ({ email }: { readonly email: string }) => {
    const user = users().find(({ login }) => email === `${login}@example.com`);
    return user === undefined ? null : shownUser(user);
  };
  return { sha, commit: { author, committer, message }, author: userOf(author), committer: userOf(committer) };
}

export function shownPullRequest(
  each: StoredPullRequest,
  fullName: string,
  { url, idOf }: Pick<PullsWorld, 'url' | 'idOf'>,
) {
  const isMerged = each.state === 'merged';
  const repository = (name: string) => ({ id: idOf(name), name: name.split('/')[1], full_name: name });
  return {
    id: 5_000 + each.number,
    number: each.number,
    title: each.title,
    body: each.body === '' ? null : each.body,
    user: shownUser(each.user),
    state: each.state === 'open' ? 'open' : 'closed',
    draft: each.isDraft,
    html_url: `${url}/${fullName}/pull/${each.number}`,
    created_at: each.createdAt,
    merged_at: isMerged ? each.createdAt : null,
    merge_commit_sha: each.mergeRevision,
    labels: each.labels.map((name, index) => ({ id: index, name, color: 'ededed' })),
    head: {
      label: headLabel(each),
      ref: each.branch,
      sha: each.head,
      repo: repository(each.headRepository),
    },
    base: { label: `${fullName.split('/')[0]}:${each.into}`, ref: each.into, repo: repository(fullName) },
  };
}

export function shownComment(each: StoredComment, fullName: string, { url }: Pick<PullsWorld, 'url'>) {
  return {
    id: each.id,
    user: shownUser(each.user),
    body: each.body,
    created_at: each.createdAt,
    updated_at: each.updatedAt,
    issue_url: `${url}/api/repos/${fullName}/issues/${each.number}`,
    html_url: `${url}/${fullName}/pull/${each.number}#issuecomment-${each.id}`,
  };
}

function refusal(status: number, message: string): PullsAnswer {
  return { status, content: { message, documentation_url: 'https://docs.github.com/rest' } };
}
