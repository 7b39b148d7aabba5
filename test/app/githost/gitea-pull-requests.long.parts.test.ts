import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { sendToHost } from '../../../src/app/githost/host-request.ts';
import { openPullRequests } from '../../../src/app/githost/pull-requests.ts';
import { giteaApi } from '../../../src/githost/gitea/api.ts';
import { giteaPullRequests } from '../../../src/githost/gitea/pull-requests.ts';
import { giteaStatusReader } from '../../../src/githost/gitea/status-reader.ts';
import type { Revision } from '../../../src/snapshot/source.ts';
import { startGitea } from '../../rig/gitea/gitea.ts';
import type { Gitea } from '../../rig/gitea/gitea.ts';
import { getGitea } from '../../rig/gitea/program.ts';

const BUILD_MS = 1_200_000;
const { signal } = new AbortController();

let directory = '';
let gitea: Gitea;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-gitea-'));
  gitea = await startGitea(await getGitea(), directory);
  await gitea.api('POST', '/user/repos', { name: 'fleet', default_branch: 'main', auto_init: true });
}, BUILD_MS);

afterAll(async () => {
  await gitea.close();
  await rm(directory, { recursive: true });
});

const port = () =>
  openPullRequests({
    host: giteaApi,
    api: giteaPullRequests,
    repository: { api: `${gitea.url}/api/v1`, fullName: `${gitea.user}/fleet` },
    token: () => Promise.resolve(gitea.token),
    ca: null,
    wait: () => Promise.resolve(),
  });

/** A branch with one commit. */
async function branch(name: string): Promise<void> {
  const content = Buffer.from(name).toString('base64');
  await gitea.api('POST', `/repos/${gitea.user}/fleet/contents/${encodeURIComponent(name)}.yaml`, {
    content,
    branch: 'main',
    new_branch: name,
  });
}

const Listed = z.array(z.object({ number: z.number(), title: z.string(), body: z.string(), state: z.string() }));

async function listed() {
  return z.parse(Listed, await gitea.api('GET', `/repos/${gitea.user}/fleet/pulls?state=all`));
}

describe('a pull request on a real Gitea', () => {
  it('is opened once, updated, left alone when it has its text, and opened again after it was closed', async () => {
    await branch('headgate/web-1');
    const what = { head: 'headgate/web-1', into: 'main', title: 'Update web to 1.2.3', body: 'one\ntwo 😀\n' };
    const first = port();
    const opened = await first.openOrUpdate(what, signal);
    expect(opened).toMatchObject({ number: 1, url: `${gitea.url}/${gitea.user}/fleet/pulls/1` });
    expect(await listed()).toEqual([{ number: 1, title: what.title, body: what.body, state: 'open' }]);
    const same = port();
    expect(await same.openOrUpdate(what, signal)).toMatchObject({ number: 1 });
    expect([first.usage.requests, same.usage.requests]).toEqual([2, 1]);
    const newer = { ...what, title: 'Update web to 1.2.4', body: 'x'.repeat(100_000) };
    expect(await port().openOrUpdate(newer, signal)).toMatchObject({ number: 1 });
    expect(await listed()).toEqual([{ number: 1, title: newer.title, body: newer.body, state: 'open' }]);
    await gitea.api('POST', `/repos/${gitea.user}/fleet/pulls/1/merge`, { Do: 'merge' });
    await branch('headgate/web-2');
    expect(await port().openOrUpdate({ ...what, head: 'headgate/web-2' }, signal)).toMatchObject({ number: 2 });
  });

  it('is refused with the reason of the host when its branch does not exist', async () => {
    const what = { head: 'nowhere', into: 'main', title: 'Update', body: '' };
    await expect(port().openOrUpdate(what, signal)).rejects.toMatchObject({ code: 'host-unreachable' });
  });

  it('has no deployments in the API, which is why Headgate shows none there', async () => {
    const swagger = await fetch(`${gitea.url}/swagger.v1.json`);
    const { paths } = z.parse(z.object({ paths: z.record(z.string(), z.unknown()) }), await swagger.json());
    expect(Object.keys(paths)).toContain('/repos/{owner}/{repo}/pulls');
    expect(Object.keys(paths).filter((path) => path.includes('deployment'))).toEqual([]);
  });
});

const Commit = z.object({ sha: z.string() });

it('a real Gitea lists the newest of the statuses of a commit first, of which a promotion needs the last', async () => {
  const repository = `/repos/${gitea.user}/fleet`;
  const { sha } = z.parse(Commit, await gitea.api('GET', `${repository}/git/commits/main`));
  const states = ['pending', 'failure', 'success'] as const;
  for (const state of states)
    await gitea.api('POST', `${repository}/statuses/${sha}`, { state, context: 'e2e', description: state });
  const at = { api: `${gitea.url}/api/v1`, fullName: `${gitea.user}/fleet`, revision: sha as Revision };
  const { request, read } = giteaStatusReader.listStatuses(at, 1);
  const headers = { ...request.headers, authorization: `token ${gitea.token}` };
  const answer = await sendToHost({ ...request, headers }, { ca: null, deadlineMs: 10_000 }, signal);
  expect(read(answer)?.items.map(({ state }) => state)).toEqual(states.toReversed());
});
