import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDeployments } from '../../../src/app/githost/deployments.ts';
import { githubApi } from '../../../src/githost/github/api.ts';
import { githubDeployments } from '../../../src/githost/github/deployments.ts';
import { startGitHost } from '../../rig/git-host/git-host.ts';
import type { GitHost } from '../../rig/git-host/git-host.ts';
import { aRevision } from '../../githost/builders.ts';

const { signal } = new AbortController();
const TOKEN = 'planted-token';
const NAME = 'acme/fleet';

let directory = '';
let host: GitHost;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-deployments-'));
  host = await startGitHost({ directory, token: TOKEN });
  await host.createRepository(NAME, 42);
});
afterEach(() => {
  host.faults = {};
});
afterAll(async () => {
  await host.close();
  await rm(directory, { recursive: true });
});

/** A commit without files on the branch. */
function commit(branch: string) {
  const repository = join(directory, `${NAME}.git`);
  const identity = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com'];
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', repository, ...identity, ...args], { input: '', encoding: 'utf8' }).trim();
  const tree = git('mktree');
  const revision = git('commit-tree', tree, '-m', `change ${branch} ${performance.now()}`);
  git('update-ref', `refs/heads/${branch}`, revision);
  return aRevision(revision);
}

const port = () =>
  openDeployments({
    host: githubApi,
    api: githubDeployments,
    repository: { api: host.apiUrl, fullName: NAME },
    token: () => Promise.resolve(TOKEN),
    ca: null,
    wait: () => Promise.resolve(),
  });

const shownOf = (name: string) => host.deployments.filter(({ environment }) => environment === name);

describe('a deployment', () => {
  it('is created once for each commit, has the URL of its environment, and ends', async () => {
    const environment = 'shop-pr-12';
    const first = commit('next');
    const what = { revision: first, branch: 'next', environment, description: 'Preview', isTransient: true };
    await port().report(what, { state: 'in-progress', url: null, description: 'deploying' }, signal);
    const url = 'https://pr-12.example.com/';
    await port().report(what, { state: 'success', url, description: '3 created '.repeat(30) }, signal);
    expect(shownOf(environment)).toMatchObject([
      { sha: first, isTransient: true, statuses: [{ state: 'in_progress' }, { state: 'success', url }] },
    ]);
    const second = commit('next');
    const failed = { state: 'failure', url: null, description: 'not ready' } as const;
    await port().report({ ...what, revision: second }, failed, signal);
    await port().end(environment, 'closed', signal);
    expect(shownOf(environment).map(({ sha }) => sha)).toEqual([first, second]);
    expect(shownOf(environment)[1]?.statuses.map(({ state }) => state)).toEqual(['failure', 'inactive']);
  });

  it('is not ended where nothing was deployed', async () => {
    await port().end('never-deployed', 'closed', signal);
    expect(shownOf('never-deployed')).toEqual([]);
  });

  it('is refused with a remedy when the token may not write it, and never shows the token', async () => {
    const what = {
      revision: commit('next'),
      branch: 'next',
      environment: 'e',
      description: '',
      isTransient: false,
    };
    host.faults = { api: { status: 403, times: 1 } };
    const refused = port().report(what, { state: 'success', url: null, description: '' }, signal);
    await expect(refused).rejects.toMatchObject({
      code: 'host-forbidden',
      remedy: expect.stringMatching(/^Allow the credentials.*Deployments, read and write/) as string,
    });
    const thrown: unknown = await refused.catch((error: unknown) => error);
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain(TOKEN);
  });
});
