import { execFileSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { commitFiles } from './commit-files.ts';

/** The webhooks of one GitLab project, as its API has them: https://docs.gitlab.com/api/project_webhooks */
export interface GitlabApi {
  readonly url: string;
  /** As it stores them, with what it never shows again. */
  readonly hooks: readonly StoredHook[];
  close(): Promise<void>;
}

export interface GitlabOptions {
  readonly token: string;
  readonly fullName: string;
  /** Versions before 19.0 ignore a signing token. */
  readonly knowsSigningTokens: boolean;
  /** A bare repository that its API commits to. Default: it has none. */
  readonly repository?: string;
}

const Written = z.object({
  url: z.string(),
  token: z.string().default(''),
  signing_token: z.string().default(''),
  push_events: z.boolean().default(true),
  push_events_branch_filter: z.string().default(''),
  enable_ssl_verification: z.boolean().default(true),
});
type StoredHook = z.infer<typeof Written> & { readonly id: number };

interface Event {
  readonly id: number;
  readonly hook: number;
  readonly trigger: 'push_hooks';
  readonly response_status: string;
}

export async function startGitlabApi(options: GitlabOptions): Promise<GitlabApi> {
  const hooks: StoredHook[] = [];
  const events: Event[] = [];
  const base = `/api/v4/projects/${encodeURIComponent(options.fullName)}/hooks`;

  function show(hook: StoredHook) {
    const { id, url, push_events, push_events_branch_filter, enable_ssl_verification } = hook;
    const isPresent = options.knowsSigningTokens ? { signing_token_present: hook.signing_token !== '' } : {};
    const shown = { id, url, push_events, push_events_branch_filter, enable_ssl_verification };
    return { ...shown, alert_status: 'executable', ...isPresent };
  }

  function save(id: number, written: z.infer<typeof Written>): StoredHook {
    const hook = { ...written, id, ...(options.knowsSigningTokens ? {} : { signing_token: '' }) };
    const at = hooks.findIndex((each) => each.id === id);
    hooks.splice(at === -1 ? hooks.length : at, 1, hook);
    return hook;
  }

  async function answer(request: IncomingMessage): Promise<readonly [status: number, content: unknown]> {
    if (request.headers.authorization !== `Bearer ${options.token}`) return [401, { message: '401 Unauthorized' }];
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const files = /^(.*)\/repository\/(commits$|files\/)(.*)$/.exec(path);
    if (files !== null && options.repository !== undefined && `${files[1]}/hooks` === base) {
      const content = request.method === 'POST' ? await json(request) : null;
      const file = { path: decodeURIComponent(files[3] ?? ''), ref: new URLSearchParams(query).get('ref') ?? '' };
      return answerFiles({ file, content }, options.repository);
    }
    if (!path.startsWith(base)) return [404, { message: '404 Project Not Found' }];
    const [, id = '', part = ''] = /^\/(\d+)(\/.+)?$/.exec(path.slice(base.length)) ?? [];
    const hook = hooks.find((each) => each.id === Number(id));
    const what = part === '' ? (id === '' ? 'list' : 'hook') : part;
    switch (`${request.method} ${what}`) {
      case 'GET list':
        return [200, hooks.map((each) => show(each))];
      case 'POST list':
        return [201, show(save(hooks.length + 1, Written.parse(await json(request))))];
      case 'PUT hook':
        return [200, show(save(Number(id), Written.parse(await json(request))))];
      case 'POST /test/push_events':
        if (hook !== undefined) events.unshift(await send(hook, options.fullName, events.length + 1));
        return [201, { message: '201 Created' }];
      case 'GET /events':
        return [200, events.filter((each) => each.hook === hook?.id)];
      default:
        return [404, { error: '404 Not Found' }];
    }
  }

  const server = createServer((request, response) => {
    const respond = ([status, content]: Awaited<ReturnType<typeof answer>>) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    answer(request)
      .then(respond)
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hooks,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const Commit = z.object({
  branch: z.string(),
  commit_message: z.string(),
  author_name: z.string(),
  author_email: z.string(),
  actions: z.array(
    z.object({
      action: z.literal('update'),
      file_path: z.string(),
      content: z.base64(),
      encoding: z.literal('base64'),
      last_commit_id: z.string(),
    }),
  ),
});

/** https://docs.gitlab.com/api/commits and https://docs.gitlab.com/api/repository_files */
function answerFiles(
  { file, content }: { readonly file: { readonly path: string; readonly ref: string }; readonly content: unknown },
  repository: string,
): readonly [status: number, content: unknown] {
  const lastCommitOf = (ref: string, path: string) =>
    execFileSync('git', ['-C', repository, 'log', '-1', '--format=%H', ref, '--', path]).toString().trim();
  if (content === null) {
    const last = lastCommitOf(file.ref, file.path);
    return last === '' ? [404, { message: '404 File Not Found' }] : [200, { last_commit_id: last, content: '' }];
  }
  const { data } = Commit.safeParse(content);
  if (data === undefined) return [400, { error: 'actions is invalid' }];
  const { branch, commit_message: message, author_name: name, author_email: email, actions } = data;
  const hasChanged = actions.some((each) => lastCommitOf(branch, each.file_path) !== each.last_commit_id);
  const files = actions.map((each) => ({ path: each.file_path, content: Buffer.from(each.content, 'base64') }));
  const made = hasChanged ? null : commitFiles(repository, { branch, message, author: { name, email }, files });
  return made === null
    ? [400, { message: 'You are attempting to update a file that has changed since you started editing it.' }]
    : [201, { id: made.after, message }];
}

/** The newest push of the project. */
async function send(hook: StoredHook, fullName: string, id: number): Promise<Event> {
  const body = JSON.stringify({
    object_kind: 'push',
    ref: 'refs/heads/main',
    before: '1'.repeat(40),
    after: '2'.repeat(40),
    project: { id: 42, path_with_namespace: fullName },
  });
  const delivery = randomUUID();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(hook.signing_token.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${delivery}.${timestamp}.${body}`).digest('base64');
  const answer = await fetch(hook.url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-gitlab-event': 'Push Hook',
      'idempotency-key': delivery,
      'webhook-id': delivery,
      'webhook-timestamp': timestamp,
      ...(hook.token === '' ? {} : { 'x-gitlab-token': hook.token }),
      ...(hook.signing_token === '' ? {} : { 'webhook-signature': `v1,${signature}` }),
    },
  });
  return { id, hook: hook.id, trigger: 'push_hooks', response_status: String(answer.status) };
}
