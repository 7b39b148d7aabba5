import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { BranchChange } from '../../../src/images/branch-writer.ts';
import { GIT_LIMITS } from '../../../src/git/wire/limits.ts';
import { openRepository } from '../../../src/git/reader.ts';
import { openBranchWriter } from '../../../src/git/write/branch-writer.ts';
import { asRevision } from '../../../src/snapshot/source.ts';
import type { Revision } from '../../../src/snapshot/source.ts';
import { startGitServer } from '../../rig/git-host/http-backend.ts';
import type { GitHttpOptions, GitHttpServer } from '../../rig/git-host/http-backend.ts';
import { BareRepository, removeRepositories } from '../repository.ts';
import { branchChange, MAIN, RECORD } from './branch-change.ts';

const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
const signal = new AbortController().signal;
const servers: GitHttpServer[] = [];

afterAll(async () => {
  agents.http.destroy();
  await Promise.all(servers.map((server) => server.close()));
  removeRepositories();
});

async function bed({ format = 'sha1', ...options }: { format?: string } & Partial<GitHttpOptions> = {}) {
  const repository = new BareRepository('fleet.git', { format });
  repository.git('config', 'receive.fsckObjects', 'true');
  repository.git('config', 'transfer.fsckObjects', 'true');
  repository.commit({
    'README.md': 'hello\n',
    'apps/web/web.yaml': 'tag: 1\n',
    'apps/api.yaml': 'tag: 1\n',
    'z/run.sh': { mode: '100755', content: '#!/bin/sh\n' },
  });
  const server = await startGitServer({ root: repository.root, ...options });
  servers.push(server);
  const login = { user: 'bot', token: 'planted-write-token' };
  const at = {
    url: `${server.url}/fleet.git`,
    login,
    ca: null,
    userAgent: 'headgate-test',
    agents,
    limits: GIT_LIMITS,
  };
  return { repository, server, reader: openRepository(at), writer: openBranchWriter(at) };
}

type Bed = Awaited<ReturnType<typeof bed>>;

function tipOf(repository: BareRepository, ref: string): Revision | null {
  return asRevision(repository.tryGit('rev-parse', '--verify', '-q', ref) ?? '');
}

function changeOf({ repository, reader }: Bed, files: Readonly<Record<string, string>>): Promise<BranchChange> {
  const [tip, record] = [tipOf(repository, MAIN) as Revision, tipOf(repository, RECORD)];
  return branchChange(files, { reader, tip, record, title: 'web 2' });
}

describe('a commit on a branch', () => {
  it.each(['sha1', 'sha256'])(
    'is accepted by git with its checks of objects on, in a %s repository',
    async (format) => {
      const on = await bed({ format });
      const tip = tipOf(on.repository, MAIN);
      const written = await on.writer.write(
        await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n', 'z/run.sh': 'exit\n' }),
        signal,
      );
      expect(written).toEqual({ kind: 'written', revision: tipOf(on.repository, MAIN), recordsRefused: null });
      expect(on.repository.git('fsck', '--strict')).toBe('');
      expect(on.repository.git('log', '-1', '--format=%an <%ae> %cn %at %P%n%B', 'main').trim()).toBe(
        `headgate <headgate@localhost> headgate 1700000100 ${tip}\nUpdate web to 2\n\nHeadgate-Image: web 1 -> 2`,
      );
      expect(on.repository.git('diff', '--raw', '--abbrev=4', 'main^', 'main').split('\n')).toEqual([
        expect.stringMatching(/^:100644 100644 .* M\tapps\/web\/web\.yaml$/),
        expect.stringMatching(/^:100755 100755 .* M\tz\/run\.sh$/),
      ]);
      expect(on.repository.git('show', 'main:apps/web/web.yaml')).toBe('tag: 2');
      // One look at the refs and one push.
      expect(on.writer.usage.requests).toBe(2);
    },
  );

  it('moves the record with it, on top of the record before', async () => {
    const on = await bed();
    await on.writer.write(await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' }), signal);
    const first = tipOf(on.repository, RECORD);
    await on.writer.write(await changeOf(on, { 'apps/web/web.yaml': 'tag: 3\n' }), signal);
    expect(on.repository.git('rev-parse', `${RECORD}^`)).toBe(first);
    expect(on.repository.git('rev-parse', `${RECORD}^{tree}`)).toBe(on.repository.git('rev-parse', 'main^{tree}'));
    expect(on.repository.git('log', '-1', '--format=%B', RECORD)).toContain(
      `Headgate-Commit: ${tipOf(on.repository, MAIN)}`,
    );
    const reader = on.reader;
    const tip = tipOf(on.repository, RECORD) as Revision;
    const history = await reader.history({ tip, known: null, depth: null }, signal);
    expect(history.map(({ revision }) => revision)).toEqual([tip, first]);
    const newer = await reader.history({ tip, known: first, depth: null }, signal);
    expect(newer.map(({ message }) => message.split('\n')[0])).toEqual(['web 2']);
  });

  it('is overtaken when the branch moved since it was read, and pushes nothing', async () => {
    const on = await bed();
    const change = await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' });
    on.repository.commit({ 'README.md': 'a person\n' });
    expect(await on.writer.write(change, signal)).toEqual({ kind: 'overtaken' });
    expect(on.server.requests.filter(({ path }) => path.endsWith('/git-receive-pack'))).toEqual([]);
    expect(tipOf(on.repository, RECORD)).toBeNull();
  });

  it('is overtaken when the branch moves between the look at the refs and the push, and its record does not move', async () => {
    const repositories: BareRepository[] = [];
    const on = await bed({
      intercept(request) {
        if (request.method === 'POST' && request.url?.endsWith('/git-receive-pack') === true)
          repositories.splice(0).forEach((each) => each.commit({ 'README.md': 'a person\n' }));
        return false;
      },
    });
    repositories.push(on.repository);
    const change = await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' });
    expect(await on.writer.write(change, signal)).toEqual({ kind: 'overtaken' });
    expect(on.repository.git('log', '--format=%s', 'main')).not.toContain('Update web');
    expect(tipOf(on.repository, RECORD)).toBeNull();
  });

  it('is overtaken when its record moved since it was read', async () => {
    const on = await bed();
    const change = await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' });
    on.repository.git('update-ref', RECORD, MAIN);
    expect(await on.writer.write(change, signal)).toEqual({ kind: 'overtaken' });
  });
});

describe('a host that refuses', () => {
  function hook(repository: BareRepository, name: string, script: string): void {
    const file = join(repository.path, 'hooks', name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  it('names the branch, the reason and what its hook printed, without the token', async () => {
    const on = await bed();
    hook(on.repository, 'pre-receive', 'echo "GitLab: not allowed to push planted-write-token" >&2; exit 1');
    await expect(
      on.writer.write(await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' }), signal),
    ).rejects.toMatchObject({
      code: 'push-refused',
      message: 'the Git host refused the push to main: pre-receive hook declined; GitLab: not allowed to push ***',
      remedy: expect.stringContaining('write to a branch that is not protected'),
    });
  });

  it('gets the commit alone when it refuses only its record', async () => {
    const on = await bed();
    hook(on.repository, 'update', 'case "$1" in refs/headgate/*) echo "no such refs" >&2; exit 1;; esac');
    const written = await on.writer.write(await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' }), signal);
    expect(written).toEqual({ kind: 'written', revision: tipOf(on.repository, MAIN), recordsRefused: 'hook declined' });
    expect(tipOf(on.repository, RECORD)).toBeNull();
  });

  it('gets the commit when it hides them', async () => {
    const on = await bed();
    on.repository.git('config', 'receive.hideRefs', 'refs/headgate');
    const written = await on.writer.write(await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' }), signal);
    expect(written).toMatchObject({ kind: 'written', recordsRefused: 'deny updating a hidden ref' });
  });

  it('gets the branch first when it knows no atomic push', async () => {
    const on = await bed();
    on.repository.git('config', 'receive.advertiseAtomic', 'false');
    const written = await on.writer.write(await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' }), signal);
    expect(written).toMatchObject({ kind: 'written', recordsRefused: null });
    expect(tipOf(on.repository, RECORD)).not.toBeNull();
    expect(on.writer.usage.requests).toBe(3);
  });

  it('gets the commit when it knows no atomic push, and answers that of the record with an error', async () => {
    const on = await bed({
      intercept(request, response, body) {
        if (request.method !== 'POST' || !body.includes(RECORD)) return false;
        response.writeHead(403).end();
        return true;
      },
    });
    on.repository.git('config', 'receive.advertiseAtomic', 'false');
    const written = await on.writer.write(await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' }), signal);
    const recordsRefused = expect.stringContaining('403') as string;
    expect(written).toEqual({ kind: 'written', revision: tipOf(on.repository, MAIN), recordsRefused });
  });

  it.each([
    [401, 'git-unauthorized', 'Check write of the repository'],
    [403, 'git-unauthorized', 'Check write of the repository'],
    [503, 'git-unreachable', 'Wait for the retry'],
  ])('with status %i is a failure whose remedy names the credentials of writing', async (status, code, remedy) => {
    const on = await bed({
      intercept(request, response) {
        if (!request.url?.includes('receive-pack')) return false;
        response.writeHead(status).end();
        return true;
      },
    });
    const change = await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' });
    await expect(on.writer.write(change, signal)).rejects.toMatchObject({
      code,
      remedy: expect.stringContaining(remedy),
    });
  });

  it('with half of an answer is a failure, never a success', async () => {
    const on = await bed({
      intercept(request, response) {
        if (request.method !== 'POST' || !request.url?.endsWith('/git-receive-pack')) return false;
        response
          .writeHead(200, { 'content-type': 'application/x-git-receive-pack-result' })
          .end('0030\u0001000eunpack ok\n');
        return true;
      },
    });
    const change = await changeOf(on, { 'apps/web/web.yaml': 'tag: 2\n' });
    await expect(on.writer.write(change, signal)).rejects.toMatchObject({ code: 'git-protocol' });
  });
});
