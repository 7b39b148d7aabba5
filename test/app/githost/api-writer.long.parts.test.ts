import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiWriter } from '../../../src/app/githost/api-writer.ts';
import { openRepository } from '../../../src/git/reader.ts';
import { GIT_LIMITS } from '../../../src/git/wire/limits.ts';
import { openBranchWriter } from '../../../src/git/write/branch-writer.ts';
import { commitApiOf } from '../../../src/githost/commit-apis.ts';
import { hostOf } from '../../../src/githost/hosts.ts';
import type { HostName } from '../../../src/githost/hosts.ts';
import type { BranchChange } from '../../../src/images/branch-writer.ts';
import type { Revision } from '../../../src/snapshot/source.ts';
import { branchChange, MAIN, RECORD } from '../../git/write/branch-change.ts';
import { startGitea } from '../../rig/gitea/gitea.ts';
import { getGitea } from '../../rig/gitea/program.ts';
import { startGitHost } from '../../rig/git-host/git-host.ts';
import { startGitlabApi } from '../../rig/git-host/gitlab-api.ts';
import { mustRun } from '../../rig/programs/command.ts';

const BUILD_MS = 1_200_000;
const TOKEN = 'planted-token-0123456789';
const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
const { signal } = new AbortController();

interface Host {
  readonly name: HostName;
  readonly api: string;
  readonly fullName: string;
  /** Of Git. */
  readonly url: string;
  readonly token: string;
  readonly close: () => Promise<void>;
}

const directories: string[] = [];
const hosts = new Map<string, Host>();

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-api-'));
  directories.push(directory);
  return directory;
}

beforeAll(async () => {
  const fullName = 'acme/fleet';
  const options = { directory: await scratch(), token: TOKEN };
  const github = await startGitHost(options);
  await github.createRepository(fullName);
  const git = { token: TOKEN, fullName };
  hosts.set('github', {
    ...git,
    name: 'github',
    api: github.apiUrl,
    url: github.cloneUrl(fullName),
    close: () => github.close(),
  });
  const served = await startGitHost({ directory: await scratch(), token: TOKEN });
  const repository = await served.createRepository(fullName);
  const gitlab = await startGitlabApi({ ...git, knowsSigningTokens: true, repository });
  const close = async () => {
    await gitlab.close();
    await served.close();
  };
  hosts.set('gitlab', { ...git, name: 'gitlab', api: `${gitlab.url}/api/v4`, url: served.cloneUrl(fullName), close });
  const gitea = await startGitea(await getGitea(), await scratch());
  await gitea.api('POST', '/user/repos', { name: 'fleet', default_branch: 'main' });
  const ofGitea = { token: gitea.token, fullName: `${gitea.user}/fleet` };
  const url = `${gitea.url}/${ofGitea.fullName}.git`;
  hosts.set('gitea', { ...ofGitea, name: 'gitea', api: `${gitea.url}/api/v1`, url, close: () => gitea.close() });
}, BUILD_MS);

afterAll(async () => {
  agents.http.destroy();
  for (const host of hosts.values()) await host.close();
  for (const directory of directories) await rm(directory, { recursive: true });
});

async function bed(name: HostName) {
  const host = hosts.get(name);
  const loadCommits = commitApiOf(name);
  const { loadApi, gitUser } = hostOf({ host: name });
  if (host === undefined || loadApi === null || loadCommits === null) throw new Error(`${name} was not started`);
  const login = { user: gitUser, token: host.token };
  const at = { url: host.url, login, ca: null, userAgent: 'headgate-test', agents, limits: GIT_LIMITS };
  const work = await scratch();
  const pushUrl = Object.assign(new URL(host.url), { username: gitUser, password: host.token }).href;
  const git = async (...args: readonly string[]) =>
    (await mustRun('git', ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com', '-C', work, ...args])).trim();
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', pushUrl);
  const reader = openRepository(at);
  const writer = openApiWriter({
    host: await loadApi(),
    api: await loadCommits(),
    repository: { api: host.api, fullName: host.fullName },
    git: openBranchWriter(at),
    reader,
    token: () => Promise.resolve(host.token),
    ca: null,
    wait: () => Promise.resolve(),
  });
  const tipOf = async (ref: string) => (await reader.tips([ref], signal)).get(ref) ?? null;
  return { git, work, reader, writer, tipOf };
}

type Bed = Awaited<ReturnType<typeof bed>>;

/** Commits these files and pushes them. */
async function push({ git, work }: Bed, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  await git('add', '-A');
  await git('commit', '-q', '-m', 'change');
  await git('push', '-q', '--force', 'origin', 'HEAD:main');
}

async function changeOf({ reader, tipOf }: Bed, files: Readonly<Record<string, string>>): Promise<BranchChange> {
  const tip = (await tipOf(MAIN)) as Revision;
  const change = await branchChange(files, { reader, tip, record: await tipOf(RECORD), title: 'Write web 2' });
  return { ...change, message: 'Update web to 2\n\n- web 1 -> 2\n\nHeadgate-Image: web 1 -> 2\n' };
}

describe.each(['github', 'gitlab', 'gitea'] as const)('a commit by the API of %s', (name) => {
  it('changes the files on the tip with the whole message, and the record is pushed after it', async () => {
    const on = await bed(name);
    await push(on, { 'apps/web é.yaml': 'tag: 1\n', 'api.yaml': 'tag: 1 # é\n', 'README.md': 'hello\n' });
    const change = await changeOf(on, { 'apps/web é.yaml': 'tag: 2\n', 'api.yaml': 'tag: 2 # é\n' });
    const written = await on.writer.write(change, signal);
    await on.git('fetch', '-q', 'origin', 'main', `${RECORD}:record`);
    const revision = await on.git('rev-parse', 'FETCH_HEAD');
    expect(written).toEqual({ kind: 'written', revision, recordsRefused: null });
    expect(await on.git('log', '-1', '--format=%P%n%B', revision)).toBe(`${change.tip}\n${change.message.trim()}`);
    expect(await on.git('-c', 'core.quotePath=false', 'diff', '--name-only', `${revision}^`, revision)).toBe(
      'api.yaml\napps/web é.yaml',
    );
    expect(await on.git('show', `${revision}:apps/web é.yaml`)).toBe('tag: 2');
    expect(await on.git('log', '-1', '--format=%B', 'record')).toBe(`Write web 2\n\nHeadgate-Commit: ${revision}`);
    expect(await on.git('rev-parse', 'record^{tree}')).toBe(await on.git('rev-parse', `${revision}^{tree}`));
  });

  it('is overtaken by a push of the same file meanwhile, which stays', async () => {
    const on = await bed(name);
    await push(on, { 'web.yaml': 'tag: 1\n' });
    const change = await changeOf(on, { 'web.yaml': 'tag: 2\n' });
    await push(on, { 'web.yaml': 'tag: 3\n' });
    const pushed = await on.tipOf(MAIN);
    expect(await on.writer.write(change, signal)).toEqual({ kind: 'overtaken' });
    expect(await on.tipOf(MAIN)).toBe(pushed);
  });

  it('stays when the host refuses its record, and says why', async () => {
    const on = await bed(name);
    await push(on, { 'web.yaml': 'tag: 1\n' });
    const change = await changeOf(on, { 'web.yaml': 'tag: 2\n' });
    const records = change.records.map((record) => ({ ...record, ref: `${RECORD}-2`, tip: change.tip }));
    const written = await on.writer.write({ ...change, records }, signal);
    expect(written).toEqual({
      kind: 'written',
      revision: await on.tipOf(MAIN),
      recordsRefused: expect.stringContaining('the Git host refused the push to refs/headgate/images/web-2'),
    });
  });
});
