import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Apps } from './apps.ts';
import { answerDeployments } from './deployments-api.ts';
import type { StoredDeployment } from './deployments-api.ts';
import { answerGraphql } from './graphql-api.ts';
import type { GraphqlWorld } from './graphql-api.ts';
import { answerHooks } from './hooks-api.ts';
import type { HooksWorld } from './hooks-api.ts';
import { answerGitlab } from './pull-requests/gitlab-api.ts';
import { answerPulls } from './pull-requests/github-api.ts';
import type { User, RepositoryPullRequests } from './pull-requests/model.ts';
import type { Store } from './store.ts';
import type { Speaks } from './webhooks.ts';

export interface ApiRequest {
  readonly method: string;
  /** Without `/api` and the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly content: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiWorld extends HooksWorld, GraphqlWorld {
  readonly store: Store;
  readonly tokens: readonly string[];
  readonly apps: Apps;
  readonly now: () => Date;
  readonly url: () => string;
  readonly users: () => readonly User[];
  readonly pullRequestsOf: (fullName: string) => RepositoryPullRequests;
  readonly deployments: StoredDeployment[];
  readonly refusesDeployments: () => boolean;
  readonly speaks: Speaks;
}

const Status = z.object({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  context: z.string().default('default'),
  description: z.string().nullable().default(null),
});

/** GitHub's limit per commit and context: https://docs.github.com/en/rest/commits/statuses */
const STATUSES_KEPT = 1000;
const DESCRIPTION_LENGTH = 140;

/** GitHub's REST API, as far as Headgate uses it: statuses, hooks, pull requests and the repository itself. */
export async function answerApi(request: ApiRequest, world: ApiWorld): Promise<ApiAnswer> {
  if (world.speaks === 'gitlab') return asGitlab(request, world);
  const issued = world.apps.answer(request);
  if (issued !== null) return issued;
  if (request.method === 'POST' && request.path === '/graphql') {
    const isKnown = world.tokens.includes((request.authorization ?? '').replace(/^Bearer /, ''));
    return isKnown ? answerGraphql(parseJson(request.body), world) : refusal(401, 'Bad credentials');
  }
  const [, fullName = '', rest = ''] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(request.path) ?? [];
  const bearer = (request.authorization ?? '').replace(/^Bearer /, '');
  const permission = permissionFor(rest);
  const isApp = world.apps.allows(bearer, fullName, permission);
  if (!world.tokens.includes(bearer) && !isApp) return refusal(401, 'Bad credentials');
  if (!world.store.repositories.has(fullName)) return refusal(404, 'Not Found');
  const posted = /^\/statuses\/([0-9a-f]{40,64})$/.exec(rest)?.[1];
  const listed = /^\/commits\/([0-9a-f]{40,64})\/statuses$/.exec(rest)?.[1];
  if (request.method === 'POST' && posted !== undefined)
    return postStatus({ fullName, sha: posted, body: request.body }, world);
  if (request.method === 'GET' && listed !== undefined)
    return { status: 200, content: listStatuses(fullName, listed, world) };
  const hooks = /^\/hooks(\/.*)?$/.exec(rest);
  if (hooks !== null) {
    return answerHooks(
      { method: request.method, fullName, rest: hooks[1] ?? '', body: parseJson(request.body) },
      world,
    );
  }
  const deployments = /^\/deployments(\/.*)?$/.exec(rest);
  if (deployments !== null) {
    if (world.refusesDeployments()) return refusal(403, 'Resource not accessible by personal access token');
    const resolve = (ref: string) => commitOf(world.directoryOf(fullName), ref);
    const about = { method: request.method, fullName, rest: deployments[1] ?? '', query: request.query };
    const answer = await answerDeployments({ ...about, body: parseJson(request.body), resolve }, world.deployments);
    return answer ?? refusal(404, 'Not Found');
  }
  const pulls = await answerPulls(
    { method: request.method, fullName, rest, query: request.query, body: parseJson(request.body) },
    {
      url: world.url(),
      idOf: (name) => world.store.repositories.get(name)?.id ?? 0,
      users: world.users,
      pullRequests: world.pullRequestsOf(fullName),
    },
  );
  if (pulls !== null) return pulls;
  if (request.method === 'GET' && rest === '') return { status: 200, content: shownRepository(fullName, world) };
  return refusal(404, 'Not Found');
}

/** https://docs.gitlab.com/api/rest/#namespaced-paths */
function asGitlab(
  { method, path, query, authorization, body }: ApiRequest,
  world: ApiWorld,
): Promise<ApiAnswer> | ApiAnswer {
  const [, encoded = '', rest = ''] = /^\/v4\/projects\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  const fullName = decodeURIComponent(encoded);
  const bearer = (authorization ?? '').replace(/^Bearer /, '');
  if (!world.tokens.includes(bearer)) return { status: 401, content: { message: '401 Unauthorized' } };
  if (!world.store.repositories.has(fullName)) return { status: 404, content: { message: '404 Project Not Found' } };
  return answerGitlab(
    { method, fullName, rest, query, body: parseJson(body) },
    {
      url: world.url(),
      idOf: (name) => world.store.repositories.get(name)?.id ?? 0,
      users: world.users,
      pullRequests: world.pullRequestsOf(fullName),
      statuses: world.store.statuses,
      addStatus: (status) =>
        world.store.addStatus({ ...status, fullName, createdAt: world.now().toISOString(), creator: 'headgate-bot' }),
      deployments: world.deployments,
      resolve: (ref) => commitOf(world.directoryOf(fullName), ref),
    },
  );
}

function permissionFor(rest: string): 'statuses' | 'deployments' | 'pull_requests' {
  if (rest.startsWith('/statuses/')) return 'statuses';
  return rest.startsWith('/deployments') ? 'deployments' : 'pull_requests';
}

async function postStatus(
  { fullName, sha, body }: { fullName: string; sha: string; body: string },
  world: ApiWorld,
): Promise<ApiAnswer> {
  const { data } = Status.safeParse(parseJson(body));
  if (data === undefined) return refusal(422, 'Validation Failed');
  const description = data.description ?? '';
  if (description.length > DESCRIPTION_LENGTH) {
    return refusal(422, 'Validation Failed: description is too long (maximum is 140 characters)');
  }
  if (!(await hasCommit(world.directoryOf(fullName), sha))) return refusal(422, `No commit found for SHA: ${sha}`);
  const { statuses } = world.store;
  const same = statuses.filter((status) => status.sha === sha && status.context === data.context);
  if (same.length >= STATUSES_KEPT) {
    return refusal(422, 'Validation Failed: This SHA and context has reached the maximum number of statuses.');
  }
  const { state, context } = data;
  const createdAt = world.now().toISOString();
  const status = { fullName, sha, state, context, description, createdAt, creator: 'headgate-bot' };
  world.store.addStatus(status);
  return { status: 201, content: shownStatus(status, statuses.length) };
}

function listStatuses(fullName: string, sha: string, { store }: ApiWorld): unknown {
  return store.statuses
    .map((status, index) => ({ status, shown: shownStatus(status, index + 1) }))
    .filter(({ status }) => status.sha === sha && status.fullName === fullName)
    .map(({ shown }) => shown)
    .toReversed();
}

function shownStatus(status: Store['statuses'][number], id: number) {
  const { state, context, description, createdAt, creator } = status;
  const shown = { id, state, context, description, target_url: null, creator: { login: creator, id: 1 } };
  return { ...shown, created_at: createdAt, updated_at: createdAt };
}

function shownRepository(fullName: string, { store }: ApiWorld) {
  const id = store.repositories.get(fullName)?.id;
  return { id, name: fullName.split('/')[1], full_name: fullName, private: false, default_branch: 'main' };
}

async function hasCommit(directory: string, sha: string): Promise<boolean> {
  return (await commitOf(directory, sha)) !== null;
}

async function commitOf(directory: string, ref: string): Promise<string | null> {
  const args = ['-C', directory, 'rev-parse', '--quiet', '--verify', '--end-of-options', `${ref}^{commit}`];
  return promisify(execFile)('git', args).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function refusal(status: number, message: string): ApiAnswer {
  return { status, content: { message, documentation_url: 'https://docs.github.com/rest' } };
}
