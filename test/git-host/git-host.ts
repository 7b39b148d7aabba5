import { createHmac, randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGitServer } from './http-backend.ts';
import type { GitHttpServer } from './http-backend.ts';

export interface StoredStatus {
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string;
}

export interface Webhook {
  readonly url: string;
  readonly secret: string;
}

export interface SentDelivery {
  readonly id: string;
  readonly payload: string;
  /** Of the webhook's answer; null while it was not sent, or nobody answered. */
  status: number | null;
  answer: string;
}

/** How webhooks go wrong in the world. Each is asked per delivery, by its number from 0. */
export interface Faults {
  lose?: (index: number) => boolean;
  repeat?: (index: number) => boolean;
  /** Held back until the next one was sent. */
  reorder?: (index: number) => boolean;
  delayMs?: number;
  /** Answers the API with this status, as often as it says. */
  api?: { status: number; times: number; retryAfter?: number };
  /** Answers Git itself with this status, as often as it says. */
  git?: { status: number; times: number };
}

export interface GitHost {
  readonly url: string;
  readonly server: GitHttpServer;
  readonly deliveries: readonly SentDelivery[];
  readonly statuses: readonly StoredStatus[];
  faults: Faults;
  /** A bare repository `owner/name`, empty. */
  createRepository(fullName: string, id?: number): Promise<string>;
  setWebhook(fullName: string, webhook: Webhook): void;
  cloneUrl(fullName: string): string;
  statusesOf(sha: string): readonly StoredStatus[];
  /** Sends a delivery that was made by hand, or one again. */
  deliver(fullName: string, payload: string, headers?: Readonly<Record<string, string>>): Promise<SentDelivery>;
  /** Every delivery that is under way has been answered, or will never be. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface GitHostOptions {
  readonly directory: string;
  readonly port?: number;
  /** Demanded by the API. */
  readonly token: string;
  readonly allowFilter?: boolean;
}

const HOOK = join(dirname(fileURLToPath(import.meta.url)), 'post-receive.js');

/** GitHub, as far as Headgate sees it: smart HTTP, push webhooks by a real post-receive hook, and commit statuses. */
export async function startGitHost({ directory, port = 0, token, allowFilter = true }: GitHostOptions): Promise<GitHost> {
  await mkdir(directory, { recursive: true });
  const webhooks = new Map<string, Webhook>();
  const deliveries: SentDelivery[] = [];
  const statuses: StoredStatus[] = [];
  const underWay = new Set<Promise<unknown>>();
  let held: (() => Promise<void>) | null = null;
  let url = '';

  function track<T>(work: Promise<T>): Promise<T> {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
    return work;
  }

  async function send(webhook: Webhook, delivery: SentDelivery, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const signature = createHmac('sha256', webhook.secret).update(delivery.payload).digest('hex');
    try {
      const answer = await fetch(webhook.url, {
        method: 'POST',
        body: delivery.payload,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'GitHub-Hookshot/test',
          'x-github-event': 'push',
          'x-github-delivery': delivery.id,
          'x-hub-signature-256': `sha256=${signature}`,
          ...headers,
        },
        signal: AbortSignal.timeout(10_000),
      });
      delivery.answer = await answer.text();
      delivery.status = answer.status;
    } catch {
      delivery.answer = 'nobody answered';
    }
  }

  function onPush(fullName: string, payload: string): void {
    const webhook = webhooks.get(fullName);
    if (webhook === undefined) return;
    const { faults } = host;
    const index = deliveries.length;
    const delivery: SentDelivery = { id: randomUUID(), payload, status: null, answer: '' };
    deliveries.push(delivery);
    if (faults.lose?.(index) === true) return;
    const go = async () => {
      if (faults.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, faults.delayMs));
      await send(webhook, delivery);
      if (faults.repeat?.(index) === true) await send(webhook, delivery);
    };
    if (faults.reorder?.(index) === true && held === null) {
      held = go;
      return;
    }
    const before = held;
    held = null;
    void track(go().then(() => before?.()));
  }

  async function intercept(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const hook = /^\/_hook\/(.+)$/.exec(path)?.[1];
    if (hook !== undefined) {
      onPush(hook, body.toString());
      response.writeHead(204).end();
      return true;
    }
    if (path.startsWith('/api/')) {
      api({ request, response, body, path: path.slice('/api'.length) });
      return true;
    }
    const { git } = host.faults;
    if (git === undefined || git.times <= 0) return false;
    git.times -= 1;
    if (git.status === 0) request.socket.destroy();
    else response.writeHead(git.status).end();
    return true;
  }

  function api({ request, response, body, path }: { request: IncomingMessage; response: ServerResponse; body: Buffer; path: string }): void {
    const answer = (status: number, content: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(content));
    };
    const fault = host.faults.api;
    if (fault !== undefined && fault.times > 0) {
      fault.times -= 1;
      answer(fault.status, { message: 'fault' }, fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) });
      return;
    }
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { message: 'Bad credentials' });
    const sha = /^\/repos\/[^/]+\/[^/]+\/statuses\/([0-9a-f]+)$/.exec(path)?.[1];
    if (request.method === 'POST' && sha !== undefined) {
      const status = JSON.parse(body.toString()) as Omit<StoredStatus, 'sha'>;
      if (status.description.length > 140) return answer(422, { message: 'description is too long (maximum is 140 characters)' });
      statuses.push({ sha, state: status.state, context: status.context, description: status.description });
      return answer(201, { id: statuses.length });
    }
    const listed = /^\/repos\/[^/]+\/[^/]+\/commits\/([0-9a-f]+)\/statuses$/.exec(path)?.[1];
    if (request.method === 'GET' && listed !== undefined) return answer(200, statuses.filter((status) => status.sha === listed).toReversed());
    return answer(404, { message: 'Not Found' });
  }

  const server = await startGitServer({ root: directory, port, intercept });
  url = server.url;
  const host: GitHost = {
    url,
    server,
    deliveries,
    statuses,
    faults: {},
    async createRepository(fullName, id = 1) {
      const path = join(directory, `${fullName}.git`);
      if (!existsSync(path)) {
        execFileSync('git', ['init', '-q', '--bare', '-b', 'main', path]);
        const set = (key: string, value: string) => execFileSync('git', ['-C', path, 'config', key, value]);
        set('http.receivepack', 'true');
        set('uploadpack.allowFilter', String(allowFilter));
      }
      const hook = `#!/bin/sh\nexec '${process.execPath}' '${HOOK}' '${url}' '${fullName}' '${id}'\n`;
      const file = join(path, 'hooks', 'post-receive');
      if (!existsSync(file) || (await readFile(file, 'utf8')) !== hook) await writeFile(file, hook, { mode: 0o755 });
      return path;
    },
    setWebhook: (fullName, webhook) => void webhooks.set(fullName, webhook),
    cloneUrl: (fullName) => `${url}/${fullName}.git`,
    statusesOf: (sha) => statuses.filter((status) => status.sha === sha),
    async deliver(fullName, payload, headers) {
      const webhook = webhooks.get(fullName);
      const delivery: SentDelivery = { id: randomUUID(), payload, status: null, answer: '' };
      if (webhook !== undefined) await track(send(webhook, delivery, headers));
      return delivery;
    },
    async settled() {
      if (held !== null) {
        const last = held;
        held = null;
        await track(last());
      }
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
    close: () => server.close(),
  };
  return host;
}
