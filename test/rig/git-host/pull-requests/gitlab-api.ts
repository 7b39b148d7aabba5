import { z } from 'zod';
import type { ApiAnswer } from '../rest-api.ts';
import type { StoredDeployment } from '../deployments-api.ts';
import type { StoredStatus } from '../store.ts';
import { ROBOT } from './model.ts';
import type { RepositoryPullRequests, StoredComment, StoredPullRequest, User } from './model.ts';

/** GitLab's merge requests, notes, statuses and deployments: https://docs.gitlab.com/api/rest */

export interface GitlabRequest {
  readonly method: string;
  readonly fullName: string;
  /** Behind `/projects/ID`, without the query. */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface GitlabWorld {
  readonly url: string;
  readonly idOf: (fullName: string) => number;
  readonly users: () => readonly User[];
  readonly pullRequests: RepositoryPullRequests;
  readonly statuses: readonly StoredStatus[];
  readonly addStatus: (status: Omit<StoredStatus, 'fullName' | 'createdAt' | 'creator'>) => void;
  readonly deployments: StoredDeployment[];
  /** The commit of a ref; null: there is none. */
  readonly resolve: (ref: string) => Promise<string | null>;
}

const Note = z.object({ body: z.string().min(1).max(1_000_000) });
const Award = z.object({ name: z.enum(['eyes', 'thumbsup', 'thumbsdown']) });
const Status = z.object({
  state: z.enum(['pending', 'running', 'success', 'failed', 'canceled']),
  name: z.string(),
  description: z.string().max(255),
});
const Deployment = z.object({
  environment: z.string(),
  sha: z.string(),
  ref: z.string(),
  tag: z.boolean(),
  status: z.enum(['running', 'success', 'failed', 'canceled']),
});
const Change = z.object({ status: z.enum(['running', 'success', 'failed', 'canceled']) });
const Environment = z.object({ external_url: z.url() });
const EVENTS: Readonly<Record<string, string>> = {
  pending: 'enqueue from :pending',
  success: 'succeed from :success',
  failed: 'drop from :failed',
};

export async function answerGitlab(request: GitlabRequest, world: GitlabWorld): Promise<ApiAnswer> {
  return answerMergeRequests(request, world) ?? (await answerOthers(request, world)) ?? refusal(404, '404 Not Found');
}

/** Null: the request is about something else. */
function answerMergeRequests(
  { method, fullName, rest, query, body }: GitlabRequest,
  world: GitlabWorld,
): ApiAnswer | null {
  const { pullRequests } = world;
  const [, iid = '', id = ''] = /^\/merge_requests\/(\d+)(?:\/notes\/(\d+))?/.exec(rest) ?? [];
  const found = pullRequests.find(Number(iid));
  const note = pullRequests.comments.find((each) => each.id === Number(id) && each.number === found?.number);
  if ((iid !== '' && found === undefined) || (id !== '' && note === undefined)) return refusal(404, '404 Not found');
  const shown = (each: StoredPullRequest) => shownMergeRequest(each, fullName, world);
  const text = Note.safeParse(body).data?.body;
  switch (`${method} ${rest.replaceAll(/\/\d+(?=\/|$)/g, '/N')}`) {
    case 'GET /merge_requests': {
      const open = pullRequests.all.filter(
        (each) => each.state === 'open' && each.into === (query.get('target_branch') ?? each.into),
      );
      return page(open.toReversed().map(shown), query);
    }
    case 'GET /merge_requests/N':
      return { status: 200, content: found === undefined ? null : shown(found) };
    case 'GET /merge_requests/N/notes':
      return page(pullRequests.comments.filter((each) => each.number === found?.number).map(shownNote), query);
    case 'POST /merge_requests/N/notes':
      if (text === undefined) return refusal(400, 'note is invalid');
      return { status: 201, content: shownNote(pullRequests.comment(Number(iid), ROBOT, text)) };
    case 'GET /merge_requests/N/notes/N':
      return { status: 200, content: note === undefined ? null : shownNote(note) };
    case 'PUT /merge_requests/N/notes/N': {
      const edited = text === undefined ? undefined : pullRequests.edit(Number(id), text);
      return edited === undefined ? refusal(400, 'note is invalid') : { status: 200, content: shownNote(edited) };
    }
    case 'POST /merge_requests/N/notes/N/award_emoji': {
      const { data } = Award.safeParse(body);
      if (data === undefined || note === undefined) return refusal(400, 'name is invalid');
      note.reactions.push({ user: ROBOT, content: data.name });
      return { status: 201, content: { id: 1, name: data.name } };
    }
    default:
      return null;
  }
}

async function answerOthers(request: GitlabRequest, world: GitlabWorld): Promise<ApiAnswer | null> {
  const { method, fullName, rest, query, body } = request;
  const sha = /^\/statuses\/([0-9a-f]{40,64})$/.exec(rest)?.[1];
  if (method === 'POST' && sha !== undefined) return setStatus(sha, body, world);
  const member = /^\/members\/all\/(\d+)$/.exec(rest)?.[1];
  if (method === 'GET' && member !== undefined) {
    const user = world.users().find(({ id }) => id === Number(member));
    if (user === undefined || user.permission === 'none') return refusal(404, '404 Not found');
    const level = { admin: 40, write: 30, read: 20 }[user.permission];
    return { status: 200, content: { id: user.id, username: user.login, state: 'active', access_level: level } };
  }
  const own = world.deployments.filter((each) => each.fullName === fullName);
  const id = Number(/\/(\d+)(?:\/stop)?$/.exec(rest)?.[1] ?? 0);
  switch (`${method} ${rest.replace(/\/\d+(?=\/|$)/, '/N')}`) {
    case 'GET /deployments': {
      const named = own.filter(({ environment }) => environment === query.get('environment'));
      return page(
        named.toReversed().map((each) => shownDeployment(each, own)),
        query,
      );
    }
    case 'POST /deployments': {
      const { data } = Deployment.safeParse(body);
      if (data === undefined || (await world.resolve(data.sha)) === null) return refusal(400, 'sha is invalid');
      const { environment } = data;
      const statuses = [{ state: data.status, url: '', description: '' }];
      const deployment = { id: 700 + own.length, fullName, sha: data.sha, environment, isTransient: true, statuses };
      world.deployments.push(deployment);
      return { status: 201, content: shownDeployment(deployment, world.deployments) };
    }
    case 'PUT /deployments/N':
      return changeDeployment(
        own.find((each) => each.id === id),
        Change.safeParse(body).data,
      );
    case 'PUT /environments/N': {
      const first = own.find((each) => environmentId(each, own) === id);
      const url = Environment.safeParse(body).data?.external_url;
      if (first === undefined || url === undefined) return refusal(400, 'external_url is invalid');
      own
        .findLast((each) => each.environment === first.environment)
        ?.statuses.push({ state: 'url', url, description: '' });
      return { status: 200, content: { id, external_url: url } };
    }
    case 'POST /environments/N/stop': {
      const newest = own.findLast((each) => environmentId(each, own) === id);
      newest?.statuses.push({ state: 'inactive', url: '', description: '' });
      return newest === undefined ? refusal(404, '404 Not found') : { status: 200, content: { id, state: 'stopped' } };
    }
    default:
      return null;
  }
}

async function setStatus(sha: string, body: unknown, world: GitlabWorld): Promise<ApiAnswer> {
  const { data } = Status.safeParse(body);
  if (data === undefined) return refusal(400, 'state is invalid');
  if ((await world.resolve(sha)) === null) return refusal(404, '404 Commit Not Found');
  const { state, name: context, description } = data;
  const last = world.statuses.findLast((each) => each.sha === sha && each.context === context);
  if (last?.state === state) return refusal(400, `Cannot transition status via :${EVENTS[state] ?? state}`);
  world.addStatus({ sha, state, context, description });
  return { status: 201, content: { id: world.statuses.length, sha, status: state, name: context, description } };
}

/** GitLab refuses the status that it has, and `running` once it has ended. */
function changeDeployment(found: StoredDeployment | undefined, change: z.infer<typeof Change> | undefined): ApiAnswer {
  if (found === undefined || change === undefined) return refusal(404, '404 Not found');
  const last = found.statuses.findLast(({ state }) => state !== 'url')?.state;
  if (last === change.status || change.status === 'running') return refusal(400, 'Cannot transition status');
  found.statuses.push({ state: change.status, url: '', description: '' });
  return { status: 200, content: { id: found.id, status: change.status } };
}

function environmentId({ environment }: StoredDeployment, all: readonly StoredDeployment[]): number {
  return 50 + all.findIndex((each) => each.environment === environment);
}

function shownDeployment(each: StoredDeployment, all: readonly StoredDeployment[]) {
  const { id, sha, environment } = each;
  return { id, iid: id, sha, ref: sha, environment: { id: environmentId(each, all), name: environment } };
}

function page(items: readonly unknown[], query: URLSearchParams): ApiAnswer {
  const perPage = Math.min(Number(query.get('per_page') ?? 20), 100);
  const number = Number(query.get('page') ?? 1);
  const isLast = number * perPage >= items.length;
  const content = items.slice((number - 1) * perPage, number * perPage);
  return { status: 200, content, headers: isLast ? {} : { link: `<next>; rel="next"` } };
}

const STATES = { open: 'opened', closed: 'closed', merged: 'merged' } as const;

function shownUser({ id, login }: User) {
  return { id, username: login, name: login, state: 'active' };
}

function shownMergeRequest(each: StoredPullRequest, fullName: string, { url, idOf }: GitlabWorld) {
  return {
    id: 5_000 + each.number,
    iid: each.number,
    title: each.title,
    description: each.body,
    author: shownUser(each.user),
    state: STATES[each.state],
    draft: each.isDraft,
    sha: each.head,
    source_branch: each.branch,
    target_branch: each.into,
    source_project_id: idOf(each.headRepository),
    target_project_id: idOf(fullName),
    labels: each.labels,
    // It has no merge that was tried.
    merge_commit_sha: each.state === 'merged' ? each.mergeRevision : null,
    squash_commit_sha: null,
    web_url: `${url}/${fullName}/-/merge_requests/${each.number}`,
  };
}

function shownNote({ id, user, body, createdAt, updatedAt }: StoredComment) {
  return { id, body, author: shownUser(user), system: false, created_at: createdAt, updated_at: updatedAt };
}

function refusal(status: number, message: string): ApiAnswer {
  return { status, content: { message } };
}
