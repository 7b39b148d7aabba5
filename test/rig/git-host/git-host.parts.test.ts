import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BODY_LIMIT_BYTES } from '../../../src/deploy/webhook/receive.ts';
import { deliveryOf } from '../../../src/deploy/ports/request.ts';
import type { DeployRequest } from '../../../src/deploy/ports/request.ts';
import { startHttpServer } from '../../../src/platforms/local/http-server.ts';
import type { HttpServer } from '../../../src/platforms/local/http-server.ts';
import { aConfig, aRepository, aTarget } from '../../githost/builders.ts';
import { EXAMPLES } from '../../githost/github/examples.ts';
import { startGitHost } from './git-host.ts';
import type { GitHost } from './git-host.ts';

const SECRET = 'shared with the host';
const TOKEN = 'the token of the API';
const NAME = 'acme/fleet';
const ENV = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

let directory = '';
let host: GitHost;
let receiver: HttpServer;
const queued: DeployRequest[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-git-host-'));
  host = await startGitHost({ directory: join(directory, 'host'), token: TOKEN });
  await host.createRepository(NAME, 42);
  const repository = aRepository({ id: '42', fullName: NAME });
  receiver = await startHttpServer(
    { host: '127.0.0.1', port: 0 },
    {
      config: aConfig([repository], [aTarget({ repository, path: 'apps' }), aTarget({ name: 'lab', path: 'lab' })]),
      version: '0',
      limitBytes: BODY_LIMIT_BYTES,
      secretsOf: async () => [SECRET],
      rotatedSecretsOf: async () => null,
      queue: { send: async (requests) => void queued.push(...requests) },
      randomId: () => 'made-here',
      nowMs: () => 0,
      log: () => undefined,
    },
  );
  host.setWebhook(NAME, { url: `${receiver.url}/webhooks/fleet`, secret: SECRET });
  await git('clone', '-q', host.cloneUrl(NAME), 'work');
});
afterAll(async () => {
  await receiver.close(100);
  await host.close();
  rmSync(directory, { recursive: true, force: true });
});
afterEach(() => {
  host.faults = {};
  queued.length = 0;
});

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-c', 'init.defaultBranch=main', ...args], {
    cwd: directory,
    env: ENV,
  });
  return stdout.trim();
}

const inWork = (...args: readonly string[]): Promise<string> => git('-C', 'work', ...args);

let writes = 0;

/** Commits a change of one file. Returns the commit. */
async function commit(file: string): Promise<string> {
  writes += 1;
  mkdirSync(join(directory, 'work', file, '..'), { recursive: true });
  writeFileSync(join(directory, 'work', file), `value: ${writes}\n`);
  await inWork('add', '.');
  await inWork('commit', '-q', '-m', `change ${file}`);
  return inWork('rev-parse', 'HEAD');
}

/** Pushes. Returns the payloads of the webhook and their responses. */
async function push(...args: readonly string[]) {
  const before = host.deliveries.length;
  await inWork('push', '-q', 'origin', ...args);
  await host.settled();
  return host.deliveries.slice(before).map(({ payload, status, answer }) => {
    const sent: Readonly<Record<string, unknown>> = JSON.parse(payload);
    const response: Readonly<Record<string, unknown>> =
      answer === 'no response' || answer === '' ? {} : JSON.parse(answer);
    return { sent, status, response };
  });
}

const targetsQueued = (): readonly string[] => queued.map(({ target }) => target);

describe('a real git push', () => {
  it('that creates a branch queues every target, with the commit and its tree', async () => {
    await commit('apps/a.yaml');
    const tip = await commit('apps/b.yaml');
    const [delivery] = await push('main');
    expect(delivery).toMatchObject({ status: 202, response: { queued: ['shop', 'lab'] } });
    expect(delivery?.sent).toMatchObject({
      created: true,
      deleted: false,
      forced: false,
      after: tip,
      before: '0'.repeat(40),
    });
    expect(delivery?.sent['commits']).toMatchObject([{ added: ['apps/a.yaml'] }, { added: ['apps/b.yaml'] }]);
    const rootTree = await inWork('rev-parse', 'HEAD^{tree}');
    expect(queued[0]?.hint).toEqual({ revision: tip, rootTree, isForced: false });
  });

  it('of two commits lists the files of both, and queues the targets that read them', async () => {
    const first = await commit('apps/a.yaml');
    await inWork('rm', '-q', 'apps/b.yaml');
    const second = await commit('apps/c d.yaml');
    const [delivery] = await push('main');
    expect(delivery?.sent['commits']).toMatchObject([
      { id: first, added: [], modified: ['apps/a.yaml'], removed: [] },
      { id: second, added: ['apps/c d.yaml'], modified: [], removed: ['apps/b.yaml'] },
    ]);
    expect(delivery).toMatchObject({ status: 202, response: { queued: ['shop'] } });
  });

  it('with --force is marked as forced, and queues every target', async () => {
    await inWork('reset', '-q', '--hard', 'HEAD~1');
    await commit('apps/e.yaml');
    const [delivery] = await push('--force', 'main');
    expect(delivery?.sent).toMatchObject({ forced: true, created: false });
    expect(targetsQueued()).toEqual(['shop', 'lab']);
  });

  it('of a merge lists the files in which it differs from both of its parents', async () => {
    await inWork('checkout', '-q', '-b', 'side');
    const side = await commit('apps/m.yaml');
    await inWork('checkout', '-q', 'main');
    const main = await commit('apps/m.yaml');
    await expect(inWork('merge', '-q', 'side')).rejects.toThrow('git');
    const merge = await commit('apps/m.yaml');
    const [delivery] = await push('main');
    const none = { added: [], modified: [], removed: [] };
    expect(delivery?.sent['commits']).toEqual([
      expect.objectContaining({ ...none, id: side, added: ['apps/m.yaml'] }),
      expect.objectContaining({ ...none, id: main, added: ['apps/m.yaml'] }),
      expect.objectContaining({ ...none, id: merge, modified: ['apps/m.yaml'] }),
    ]);
  });

  it('of a tag or of a branch without a target, and their deletion, are ignored with the reason', async () => {
    await inWork('tag', 'v1');
    const reasons = [
      ...(await push('v1')),
      ...(await push('main:feature')),
      ...(await push(':feature')),
      ...(await push(':v1')),
    ].map(({ status, response }) => `${status} ${String(response['ignored'])}`);
    expect(reasons).toEqual([
      '200 the ref is a tag, and targets follow branches',
      '200 no target follows refs/heads/feature',
      '200 branch "feature" was deleted',
      '200 the ref is a tag, and targets follow branches',
    ]);
    expect(queued).toEqual([]);
  });

  it('of several refs sends a delivery for each', async () => {
    const sent = await push('main:one', 'main:two');
    expect(sent.map(({ sent: { ref } }) => ref)).toEqual(['refs/heads/one', 'refs/heads/two']);
    await push(':one', ':two');
  });

  it('sends a payload in the shape of GitHub’s', async () => {
    await commit('apps/a.yaml');
    const [delivery] = await push('main');
    const sent = delivery?.sent ?? {};
    const pushes = EXAMPLES.find(({ name }) => name === 'push')?.examples ?? [];
    const example = pushes.find(({ ref, created }) => ref === 'refs/heads/master' && created === true) ?? {};
    // Only an App's deliveries have the installation.
    const keys = Object.keys(example).filter((key) => key !== 'installation');
    expect(Object.keys(sent).toSorted()).toEqual(keys.toSorted());
    expect(Object.keys(at(sent, 'head_commit'))).toEqual(Object.keys(at(example, 'head_commit')));
    expect(Object.keys(at(example, 'repository'))).toEqual(expect.arrayContaining(Object.keys(at(sent, 'repository'))));
  });
});

function at(value: Readonly<Record<string, unknown>>, key: string): object {
  const part = value[key];
  return typeof part === 'object' && part !== null ? part : {};
}

describe('a delivery of the Git host', () => {
  it('may be lost, repeated, delayed, reordered or truncated', async () => {
    host.faults = { lose: () => true };
    await commit('apps/1.yaml');
    expect(await push('main')).toMatchObject([{ status: null }]);
    expect(targetsQueued()).toEqual([]);

    host.faults = { repeat: () => true };
    await commit('apps/2.yaml');
    await push('main');
    expect(targetsQueued()).toEqual(['shop', 'shop']);
    expect(new Set(queued.map(({ trigger }) => deliveryOf(trigger))).size).toBe(1);

    queued.length = 0;
    host.faults = { reorder: () => true, delayMs: 10 };
    const third = await commit('apps/3.yaml');
    await inWork('push', '-q', 'origin', 'main');
    const fourth = await commit('apps/4.yaml');
    await push('main');
    expect(queued.map(({ hint }) => hint?.revision)).toEqual([fourth, third]);

    host.faults = { truncate: () => true };
    await commit('apps/5.yaml');
    const sixth = await commit('lab/6.yaml');
    const [delivery] = await push('main');
    expect(delivery?.sent['commits']).toMatchObject([{ id: sixth }]);
    // The files of the first commit are cut off, so only a sweep can detect them.
    expect(delivery).toMatchObject({ response: { queued: ['lab'] } });
  });

  it('that is held back is sent when the host settles', async () => {
    host.faults = { reorder: () => true };
    await commit('apps/7.yaml');
    await push('main');
    expect(targetsQueued()).toEqual(['shop']);
  });

  it('keeps its id when it is redelivered', async () => {
    await commit('apps/8.yaml');
    await push('main');
    const delivery = queued.map(({ trigger }) => deliveryOf(trigger))[0] ?? '';
    expect((await host.redeliver(delivery)).status).toBe(202);
    expect(queued.map(({ trigger }) => deliveryOf(trigger))).toEqual([delivery, delivery]);
  });

  it('may be form-encoded', async () => {
    const webhook = { url: `${receiver.url}/webhooks/fleet`, secret: SECRET };
    host.setWebhook(NAME, { ...webhook, contentType: 'form' });
    await commit('apps/9.yaml');
    expect(await push('main')).toMatchObject([{ status: 202 }]);
    host.setWebhook(NAME, webhook);
  });

  it('with a signature by another secret is refused', async () => {
    const webhook = { url: `${receiver.url}/webhooks/fleet`, secret: SECRET };
    host.setWebhook(NAME, { ...webhook, secret: 'another' });
    await commit('apps/10.yaml');
    expect(await push('main')).toMatchObject([{ status: 401 }]);
    host.setWebhook(NAME, webhook);
  });
});

async function ask(method: 'GET' | 'POST', path: string, content?: unknown, token = TOKEN) {
  const init = content === undefined ? {} : { body: JSON.stringify(content) };
  const answer = await fetch(`${host.apiUrl}${path}`, {
    ...init,
    method,
    headers: { authorization: `Bearer ${token}` },
  });
  const read: unknown = await answer.json();
  return { status: answer.status, body: read, retryAfter: answer.headers.get('retry-after') };
}

describe('the API of the Git host', () => {
  it('lists the statuses of a commit, the newest first', async () => {
    const sha = await inWork('rev-parse', 'HEAD');
    const post = (state: string) => ask('POST', `/repos/${NAME}/statuses/${sha}`, { state, context: 'headgate/shop' });
    expect((await post('pending')).status).toBe(201);
    expect((await post('success')).status).toBe(201);
    const { body } = await ask('GET', `/repos/${NAME}/commits/${sha}/statuses`);
    expect(body).toMatchObject([{ state: 'success', context: 'headgate/shop' }, { state: 'pending' }]);
    expect(host.statusesOf(sha).map(({ state }) => state)).toEqual(['pending', 'success']);
  });

  it('refuses what GitHub refuses', async () => {
    const sha = await inWork('rev-parse', 'HEAD');
    const status = { state: 'success', context: 'c', description: 'd' };
    const post = (change: object, on = sha, token = TOKEN) =>
      ask('POST', `/repos/${NAME}/statuses/${on}`, { ...status, ...change }, token).then((answer) => answer.status);
    expect(await post({}, sha, 'wrong')).toBe(401);
    expect(await post({ state: 'fine' })).toBe(422);
    expect(await post({ description: 'd'.repeat(141) })).toBe(422);
    expect(await post({}, '1'.repeat(40))).toBe(422);
    expect((await ask('POST', `/repos/acme/other/statuses/${sha}`, status)).status).toBe(404);
    expect(await post({ description: 'd'.repeat(140) })).toBe(201);
  });

  it('registers a webhook once, hides its secret and pings it', async () => {
    await host.createRepository('acme/hooked', 7);
    const config = { url: `${receiver.url}/webhooks/fleet`, content_type: 'json', secret: SECRET };
    const register = () => ask('POST', '/repos/acme/hooked/hooks', { name: 'web', events: ['push'], config });
    expect(await register()).toMatchObject({ status: 201, body: { active: true, config: { secret: '********' } } });
    expect((await register()).status).toBe(422);
    expect(await ask('GET', '/repos/acme/hooked/hooks')).toMatchObject({ body: [{ config: { url: config.url } }] });
    await host.settled();
    // The ping is another repository's for this receiver, and well signed.
    expect(host.deliveries.at(-1)).toMatchObject({ event: 'ping', status: 400 });
  });

  it('fails as often as a test sets', async () => {
    host.faults = { api: { status: 429, times: 1, retryAfter: 3 } };
    expect(await ask('GET', `/repos/${NAME}`)).toMatchObject({ status: 429, retryAfter: '3' });
    expect(await ask('GET', `/repos/${NAME}`)).toMatchObject({ status: 200, body: { id: 42, full_name: NAME } });
  });
});

describe('the Git host', () => {
  it('keeps its repositories, webhooks and statuses over a restart', async () => {
    const again = { directory: join(directory, 'again'), token: TOKEN };
    const first = await startGitHost(again);
    await first.createRepository('acme/kept', 5);
    first.setWebhook('acme/kept', { url: `${receiver.url}/webhooks/fleet`, secret: SECRET });
    await inWork('push', '-q', first.cloneUrl('acme/kept'), 'HEAD:main');
    await first.settled();
    const sha = await inWork('rev-parse', 'HEAD');
    const headers = { authorization: `Bearer ${TOKEN}` };
    const body = JSON.stringify({ state: 'success', context: 'c' });
    await fetch(`${first.apiUrl}/repos/acme/kept/statuses/${sha}`, { method: 'POST', headers, body });
    await first.close();

    const second = await startGitHost(again);
    expect(second.statusesOf(sha)).toMatchObject([{ state: 'success' }]);
    expect(await git('ls-remote', second.cloneUrl('acme/kept'), 'main')).toContain(sha);
    await inWork('push', '-q', second.cloneUrl('acme/kept'), 'HEAD:refs/heads/other');
    await second.settled();
    expect(second.deliveries).toMatchObject([{ status: 400 }]);
    await second.close();
  });

  it('requires the token for a private repository', async () => {
    const shut = await startGitHost({ directory: join(directory, 'shut'), token: TOKEN, isPrivate: true });
    await shut.createRepository(NAME);
    const url = new URL(shut.cloneUrl(NAME));
    await expect(git('ls-remote', url.href)).rejects.toThrow('could not read Username');
    Object.assign(url, { username: 'x-access-token', password: TOKEN });
    expect(await git('ls-remote', url.href)).toBe('');
    await shut.close();
  });
});
