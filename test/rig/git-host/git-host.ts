import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { openApps } from './apps.ts';
import type { Apps } from './apps.ts';
import type { StoredDeployment } from './deployments-api.ts';
import { POST_RECEIVE, startGitServer } from './http-backend.ts';
import type { GitHttpServer } from './http-backend.ts';
import { shownHook } from './hooks-api.ts';
import { openPullRequests } from './pull-requests/model.ts';
import type { PullRequestEvent, RepositoryPullRequests, User } from './pull-requests/model.ts';
import { shownComment, shownPullRequest } from './pull-requests/github-api.ts';
import { gitlabEvent, gitlabPush } from './pull-requests/gitlab-events.ts';
import { pushPayload, refChangesIn } from './push-payload.ts';
import type { RefChange } from './push-payload.ts';
import { answerApi } from './rest-api.ts';
import { openStore } from './store.ts';
import type { StoredStatus, Webhook } from './store.ts';
import { newDelivery, webhookSender } from './webhooks.ts';
import type { DeliveryFaults, SentDelivery, Speaks } from './webhooks.ts';

export interface Faults extends DeliveryFaults {
  /** Answers API requests with this status, `times` times, after `after` that succeed; 0 cuts the connection. */
  api?: { status: number; times: number; after?: number; retryAfter?: number };
  /** Carries out API requests with this method, and cuts the connection instead of answering them, `times` times. */
  apiCut?: { method: string; times: number };
  /** Answers Git requests with this status, `times` times, after `after` that succeed; 0 cuts the connection. */
  git?: { status: number; times: number; after?: number };
  /** Git requests wait for it. */
  gitWaitsFor?: Promise<void>;
}

export interface GitHost {
  readonly url: string;
  /** The REST API. */
  readonly apiUrl: string;
  readonly server: GitHttpServer;
  readonly deliveries: readonly SentDelivery[];
  readonly statuses: readonly StoredStatus[];
  readonly apps: Apps;
  /** The accounts that the API knows, and what each may do. */
  users: readonly User[];
  /** They do not survive a restart. */
  readonly deployments: readonly StoredDeployment[];
  /** The pull requests of a repository. They do not survive a restart. */
  pullRequestsOf(fullName: string): RepositoryPullRequests;
  faults: Faults;
  /** As if the credentials lacked the permission. */
  refusesDeployments: boolean;
  /** Creates a bare repository `owner/name` unless it exists. Returns its folder. */
  createRepository(fullName: string, id?: number): Promise<string>;
  webhooksOf(fullName: string): readonly { readonly url: string }[];
  /** The repository's only webhook from now on; the API can register more. */
  setWebhook(
    fullName: string,
    webhook: { url: string; secret: string; contentType?: 'json' | 'form'; events?: readonly string[] },
  ): void;
  cloneUrl(fullName: string): string;
  statusesOf(sha: string): readonly StoredStatus[];
  /** A status that another system writes. */
  addStatus(fullName: string, status: Pick<StoredStatus, 'sha' | 'state' | 'context' | 'creator'>): void;
  /** Sends a payload that the test has built to the repository's first webhook. */
  deliver(fullName: string, payload: string, headers?: Readonly<Record<string, string>>): Promise<SentDelivery>;
  /** Sends a delivery again under the same id, as GitHub's "Redeliver" does. */
  redeliver(id: string): Promise<SentDelivery>;
  /** Resolves when every delivery has its response, or will never get one. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface GitHostOptions {
  /** Repositories, webhooks and statuses live here and survive a restart. */
  readonly directory: string;
  readonly port?: number;
  /** Required by the API. */
  readonly token: string;
  /** Accepted by the API too. */
  readonly writeToken?: string;
  readonly allowFilter?: boolean;
  /** Of the repositories that it creates. */
  readonly objectFormat?: 'sha1' | 'sha256';
  /** The clock by which the tokens of Apps expire. Default: the system clock. */
  readonly nowMs?: () => number;
  /** Required by Git too, with any user name. */
  readonly isPrivate?: boolean;
  /** The API and the deliveries of which host. Default: GitHub. */
  readonly speaks?: Speaks;
}

const API = '/api';

/** GitHub or GitLab, as far as Headgate uses it: smart HTTP, push webhooks by a real post-receive hook, and the REST API. */
export async function startGitHost(options: GitHostOptions): Promise<GitHost> {
  const { directory, port = 0, token, writeToken, allowFilter = true } = options;
  const { objectFormat = 'sha1', speaks = 'github' } = options;
  const store = openStore(join(directory, '.host'));
  const sender = webhookSender(() => host.faults, speaks);
  const directoryOf = (fullName: string) => join(directory, `${fullName}.git`);
  const webhooksOf = (fullName: string) => store.repositories.get(fullName)?.webhooks ?? [];
  const apps = openApps(options.nowMs ?? Date.now);
  const pullRequests = new Map<string, RepositoryPullRequests>();
  const deployments: StoredDeployment[] = [];
  const api = {
    deployments,
    refusesDeployments: () => host.refusesDeployments,
    store,
    tokens: writeToken === undefined ? [token] : [token, writeToken],
    apps,
    directoryOf,
    now: () => new Date(),
    url: () => server.url,
    users: () => host.users,
    pullRequestsOf,
    onWebhook: ping,
    onCommit: announce,
    speaks,
    deliveries: () => sender.deliveries,
  };

  function ping(fullName: string, webhook: Webhook): void {
    const repository = { id: store.repositories.get(fullName)?.id, full_name: fullName };
    const zen = 'Keep it logically awesome.';
    sender.notify(webhook, 'ping', JSON.stringify({ zen, hook_id: webhook.id, hook: shownHook(webhook), repository }));
  }

  function pullRequestsOf(fullName: string): RepositoryPullRequests {
    const known = pullRequests.get(fullName);
    if (known !== undefined) return known;
    const opened = openPullRequests({
      directoryOf,
      fullName,
      now: api.now,
      onEvent: (event) => notify(fullName, event),
      onMerged: (change) => announce(fullName, change),
    });
    pullRequests.set(fullName, opened);
    return opened;
  }

  function notify(fullName: string, event: PullRequestEvent): void {
    const { action, pullRequest } = event;
    const { number, title } = pullRequest;
    const idOf = (name: string) => store.repositories.get(name)?.id ?? 0;
    const repository = { id: idOf(fullName), full_name: fullName };
    const about = { url: server.url, idOf };
    const name = event.kind === 'comment' ? 'issue_comment' : 'pull_request';
    const gitlab = speaks === 'gitlab' ? gitlabEvent(event, { id: idOf(fullName), fullName }) : null;
    const payload =
      event.kind === 'comment'
        ? { action, issue: { number, title, pull_request: {} }, comment: shownComment(event.comment, fullName, about) }
        : { action, number, pull_request: shownPullRequest(pullRequest, fullName, about) };
    for (const webhook of webhooksOf(fullName)) {
      if (!webhook.active || !webhook.events.some((each) => each === name || each === '*')) continue;
      if (gitlab === null)
        sender.notify(webhook, name, JSON.stringify({ ...payload, repository, sender: { login: 'someone', id: 1 } }));
      else sender.notify(webhook, gitlab.event, JSON.stringify(gitlab.payload));
    }
  }

  /** As a post-receive hook does. */
  async function announce(fullName: string, change: RefChange): Promise<void> {
    const id = store.repositories.get(fullName)?.id ?? 0;
    try {
      const pushed = { path: directoryOf(fullName), hostUrl: server.url, fullName, id };
      const payload = JSON.stringify(await pushPayload(change, pushed));
      await movePullRequests(fullName, change);
      onPush(fullName, payload);
    } catch (thrown) {
      process.stderr.write(`no webhook was sent for ${change.ref}: ${String(thrown)}\n`);
    }
  }

  /** The heads of its pull requests move before a push is delivered. */
  async function movePullRequests(fullName: string, { ref, after }: RefChange): Promise<void> {
    const branch = ref.replace('refs/heads/', '');
    if (/^0+$/.test(after) || branch === ref) return;
    for (const each of pullRequests.values()) await each.pushed(fullName, branch, after);
    await pullRequests.get(fullName)?.tryMerges(branch);
  }

  function onPush(fullName: string, payload: string): void {
    for (const webhook of webhooksOf(fullName)) {
      const isWanted = webhook.events.includes('push') || webhook.events.includes('*');
      if (!webhook.active || !isWanted) continue;
      const project = { id: store.repositories.get(fullName)?.id ?? 0, fullName };
      if (speaks === 'github') sender.push(webhook, payload);
      else sender.notify(webhook, 'Push Hook', JSON.stringify(gitlabPush(payload, project).payload));
    }
  }

  /** Everything that is not Git itself. */
  async function intercept(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean> {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const isApi = path.startsWith(`${API}/`);
    if (!isApi) await host.faults.gitWaitsFor;
    if (isFaulty(isApi ? host.faults.api : host.faults.git, response)) return true;
    if (isApi) {
      const { authorization } = request.headers;
      const apiRequest = {
        method: request.method ?? '',
        path: path.slice(API.length),
        query: new URLSearchParams(query),
        authorization,
        body: body.toString(),
      };
      const { status, content, headers = {} } = await answerApi(apiRequest, api);
      if (isCut(host.faults.apiCut, apiRequest.method)) {
        response.destroy();
        return true;
      }
      response
        .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
        .end(JSON.stringify(content));
      return true;
    }
    const fullName = /^\/([^/]+\/[^/]+?)\.git\//.exec(path)?.[1] ?? '';
    const password = passwordOf(request);
    if (options.isPrivate !== true || password === token || apps.allows(password, fullName, 'contents')) return false;
    response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' }).end();
    return true;
  }

  const onReceive = async (fullName: string, lines: string) => {
    for (const change of refChangesIn(lines)) await announce(fullName, change);
  };
  const server = await startGitServer({ root: directory, port, intercept, onReceive });
  const { url } = server;
  const host: GitHost = {
    url,
    apiUrl: `${url}${API}`,
    server,
    deliveries: sender.deliveries,
    statuses: store.statuses,
    apps,
    deployments,
    users: [],
    pullRequestsOf,
    faults: {},
    refusesDeployments: false,
    async createRepository(fullName, id) {
      const known = store.repositories.get(fullName);
      const repositoryId = id ?? known?.id ?? store.repositories.size + 1;
      const path = directoryOf(fullName);
      if (!existsSync(path)) initialise(path, { allowFilter, objectFormat });
      store.saveRepository(fullName, { id: repositoryId, webhooks: known?.webhooks ?? [] });
      return path;
    },
    webhooksOf,
    setWebhook(fullName, { url: to, secret, contentType = 'json', events = ['push'] }) {
      const { id = 0 } = store.repositories.get(fullName) ?? {};
      const webhook = { id: 1, url: to, secret, contentType, events, active: true };
      store.saveRepository(fullName, { id, webhooks: [webhook] });
    },
    cloneUrl: (fullName) => `${url}/${fullName}.git`,
    addStatus(fullName, status) {
      store.addStatus({ ...status, fullName, description: '', createdAt: api.now().toISOString() });
      const repository = { id: store.repositories.get(fullName)?.id ?? 0, full_name: fullName };
      const { creator, ...shown } = status;
      for (const webhook of webhooksOf(fullName)) {
        if (webhook.active && webhook.events.some((each) => each === 'status' || each === '*'))
          sender.notify(webhook, 'status', JSON.stringify({ ...shown, repository, sender: { login: creator, id: 2 } }));
      }
    },
    statusesOf: (sha) => store.statuses.filter((status) => status.sha === sha),
    async deliver(fullName, payload, headers) {
      const [webhook] = webhooksOf(fullName);
      if (webhook === undefined) throw new Error(`${fullName} has no webhook`);
      const delivery = newDelivery(webhook, { event: 'push', payload });
      await sender.send(delivery, headers);
      return delivery;
    },
    async redeliver(id) {
      const delivery = sender.deliveries.find((each) => each.id === id);
      if (delivery === undefined) throw new Error(`delivery ${id} does not exist`);
      await sender.send(delivery);
      return delivery;
    },
    settled: () => sender.settled(),
    close: () => server.close(),
  };
  return host;
}

function initialise(
  path: string,
  { allowFilter, objectFormat }: Required<Pick<GitHostOptions, 'allowFilter' | 'objectFormat'>>,
): void {
  // Without a template: its samples of hooks are more files than all else.
  execFileSync('git', ['init', '-q', '--bare', '--template=', '-b', 'main', `--object-format=${objectFormat}`, path]);
  const settings = `[http]\nreceivepack = true\n[uploadpack]\nallowFilter = ${allowFilter}\n[receive]\nautogc = false\n`;
  appendFileSync(join(path, 'config'), settings);
  mkdirSync(join(path, 'hooks'));
  writeFileSync(join(path, 'hooks', 'post-receive'), POST_RECEIVE, { mode: 0o755 });
}

function passwordOf({ headers }: IncomingMessage): string {
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  const text = Buffer.from(basic, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}

function isCut(cut: Faults['apiCut'], method: string): boolean {
  if (cut === undefined || cut.times <= 0 || cut.method !== method) return false;
  cut.times -= 1;
  return true;
}

/** Counts the fault down; true when it has answered. */
function isFaulty(fault: Faults['api'], response: ServerResponse): boolean {
  if (fault === undefined || fault.times <= 0) return false;
  if (fault.after !== undefined && fault.after > 0) {
    fault.after -= 1;
    return false;
  }
  fault.times -= 1;
  if (fault.status === 0) response.destroy();
  else {
    const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
    response.writeHead(fault.status, { 'content-type': 'application/json', ...headers }).end('{"message":"fault"}');
  }
  return true;
}
