import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPullRequests } from '../../../src/app/githost/pull-requests.ts';
import { githubApi } from '../../../src/githost/github/api.ts';
import { githubPullRequests } from '../../../src/githost/github/pull-requests.ts';
import type { Comment } from '../../../src/githost/port/pull-requests.ts';
import { startGitHost } from '../../rig/git-host/git-host.ts';
import type { GitHost } from '../../rig/git-host/git-host.ts';
import { ROBOT } from '../../rig/git-host/pull-requests/model.ts';
import type { MergeMethod, User } from '../../rig/git-host/pull-requests/model.ts';
import { aRevision } from '../../githost/builders.ts';

const { signal } = new AbortController();
const TOKEN = 'planted-token';
const NAME = 'acme/fleet';
const ANN: User = { id: 11, login: 'ann', permission: 'write' };
const EVE: User = { id: 13, login: 'eve', permission: 'read' };

let directory = '';
let host: GitHost;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-pulls-'));
  host = await startGitHost({ directory: join(directory, 'host'), token: TOKEN });
  host.users = [ANN, EVE, ROBOT];
  await host.createRepository(NAME, 42);
  await git('clone', '-q', host.cloneUrl(NAME), 'work');
  await commit('main', 'a.yaml');
  await inWork('push', '-q', 'origin', 'main');
});
afterEach(() => {
  host.faults = {};
});
afterAll(async () => {
  await host.close();
  await rm(directory, { recursive: true });
});

async function git(...args: readonly string[]): Promise<string> {
  const identity = { GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.com' };
  const committer = { GIT_COMMITTER_NAME: 'Bob', GIT_COMMITTER_EMAIL: 'bob@example.com', GIT_CONFIG_NOSYSTEM: '1' };
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...identity, ...committer };
  const { stdout } = await promisify(execFile)('git', ['-c', 'init.defaultBranch=main', ...args], {
    cwd: directory,
    env,
  });
  return stdout.trim();
}

const inWork = (...args: readonly string[]) => git('-C', 'work', ...args);
let writes = 0;

async function commit(branch: string, file: string): Promise<string> {
  writes += 1;
  await inWork('checkout', '-q', '-B', branch);
  await writeFile(join(directory, 'work', file), `value: ${writes}\n`);
  await inWork('add', '.');
  await inWork('commit', '-q', '-m', `Change ${file}\n\nCo-authored-by: Cleo <cleo@example.com>`);
  return inWork('rev-parse', 'HEAD');
}

/** A pull request with one commit. */
async function opened(branch: string) {
  await inWork('checkout', '-q', 'main');
  await inWork('pull', '-q', 'origin', 'main');
  const revision = await commit(branch, `${branch}.yaml`);
  await inWork('push', '-q', 'origin', branch);
  const { number } = await host.pullRequestsOf(NAME).open({ branch, user: ANN, labels: ['preview'] });
  return { number, revision };
}

const port = () =>
  openPullRequests({
    host: githubApi,
    api: githubPullRequests,
    repository: { api: host.apiUrl, fullName: NAME },
    token: () => Promise.resolve(TOKEN),
    ca: null,
    wait: () => Promise.resolve(),
  });

const MARKER = '<!-- signed -->';
const isOurs = ({ body }: Comment) => (body.includes(MARKER) ? 'proven' : null);
const shownOn = (number: number) => host.pullRequestsOf(NAME).comments.filter((each) => each.number === number);

describe('a pull request', () => {
  it('is read with its head, its branch and who opened it, and is not found where there is none', async () => {
    const { number, revision } = await opened('read');
    expect(await port().read(number, signal)).toMatchObject({
      number,
      title: 'Change read',
      author: { id: '11', name: 'ann' },
      state: 'open',
      isDraft: false,
      isFork: false,
      head: { revision, branch: 'read' },
      into: 'main',
      labels: ['preview'],
    });
    expect(await git('ls-remote', host.cloneUrl(NAME), port().headRefOf(number) ?? '')).toContain(revision);
    expect(await port().read(9_999, signal)).toBeNull();
  });

  it('has the newest commit that was pushed to its branch, and the merge that the host tried', async () => {
    const { number } = await opened('pushed');
    const newer = await commit('pushed', 'more.yaml');
    await inWork('push', '-q', 'origin', 'pushed');
    const read = await port().read(number, signal);
    expect(read?.head.revision).toBe(newer);
    const parents = await git(
      '--git-dir',
      join(directory, 'host', `${NAME}.git`),
      'show',
      '-s',
      '--format=%P',
      String(read?.mergeRevision),
    );
    expect(parents).toBe(`${await inWork('rev-parse', 'origin/main')} ${newer}`);
  });

  it('of a fork is marked as one', async () => {
    await host.createRepository('eve/fleet', 43);
    await inWork('push', '-q', host.cloneUrl('eve/fleet'), 'main:theirs');
    await commit('theirs', 'theirs.yaml');
    await inWork('push', '-q', host.cloneUrl('eve/fleet'), 'theirs');
    const { number } = await host
      .pullRequestsOf(NAME)
      .open({ branch: 'theirs', user: EVE, headRepository: 'eve/fleet' });
    expect(await port().read(number, signal)).toMatchObject({ isFork: true, author: { name: 'eve' } });
    host.pullRequestsOf(NAME).close(number);
  });

  it.each<MergeMethod>(['merge', 'squash', 'rebase'])('is found by the commit of its %s', async (method) => {
    const { number } = await opened(`by-${method}`);
    const merged = aRevision(await host.pullRequestsOf(NAME).merge(number, method));
    const found = await port().ofCommit(merged, signal);
    expect(found).toMatchObject([{ number, state: 'merged', mergeRevision: merged }]);
    expect(await git('ls-remote', host.cloneUrl(NAME), 'main')).toContain(merged);
  });

  it('is listed with the others that are open into a branch, newest first and over all pages', async () => {
    for (const each of host.pullRequestsOf(NAME).all)
      if (each.state === 'open') host.pullRequestsOf(NAME).close(each.number);
    const all: number[] = [];
    await opened('many');
    for (let count = 0; count < 101; count += 1) {
      all.unshift((await host.pullRequestsOf(NAME).open({ branch: 'many' })).number);
    }
    await host.pullRequestsOf(NAME).open({ branch: 'main', into: 'many' });
    const first = await port().listOpen('main', 20, signal);
    expect(first.pullRequests.map(({ number }) => number)).toEqual(all.slice(0, 20));
    expect(first.isComplete).toBe(false);
    const whole = await port().listOpen('main', 500, signal);
    expect(whole.pullRequests.length).toBe(102);
    expect(whole.isComplete).toBe(true);
  });

  it('has the authors, committers and co-authors of its commits as contributors', async () => {
    const { number } = await opened('contributors');
    expect(await port().contributors(number, signal)).toEqual({
      accounts: [{ id: '11', name: 'ann', displayName: null }],
      names: ['Ann', 'ann@example.com', 'Bob', 'bob@example.com', 'Cleo', 'cleo@example.com'],
      isComplete: true,
    });
  });
});

describe('the comment of a plan', () => {
  it('is created once, then changed, and nothing is sent when it is the same', async () => {
    const { number } = await opened('sticky');
    const upsert = async (body: string) => {
      const one = port();
      await one.upsertComment(number, { body, isOurs }, signal);
      return one.usage.requests;
    };
    expect(await upsert(`${MARKER} one`)).toBe(2);
    expect(await upsert(`${MARKER} two`)).toBe(2);
    expect(await upsert(`${MARKER} two`)).toBe(1);
    expect(shownOn(number).map(({ body }) => body)).toEqual([`${MARKER} two`]);
  });

  it('is created once when the host cuts the connection after it has created it', async () => {
    const { number } = await opened('cut');
    host.faults = { apiCut: { method: 'POST', times: 1 } };
    await port().upsertComment(number, { body: `${MARKER} one`, isOurs }, signal);
    expect(shownOn(number)).toHaveLength(1);
  });

  it('is never another comment, and is found behind a hundred others', async () => {
    const { number } = await opened('others');
    const pulls = host.pullRequestsOf(NAME);
    for (let count = 0; count < 120; count += 1) pulls.comment(number, EVE, `talk ${count}`);
    await port().upsertComment(number, { body: `${MARKER} one`, isOurs }, signal);
    pulls.comment(number, EVE, 'more talk');
    await port().upsertComment(number, { body: `${MARKER} two`, isOurs }, signal);
    expect(shownOn(number).filter(({ body }) => body.includes(MARKER))).toMatchObject([{ body: `${MARKER} two` }]);
    expect(shownOn(number)).toHaveLength(122);
  });

  it('is found among comments that are as long as the host accepts', async () => {
    const { number } = await opened('long');
    const pulls = host.pullRequestsOf(NAME);
    for (let count = 0; count < 99; count += 1) pulls.comment(number, EVE, 'x'.repeat(65_536));
    await port().upsertComment(number, { body: `${MARKER} one`, isOurs }, signal);
    await port().upsertComment(number, { body: `${MARKER} two`, isOurs }, signal);
    expect(shownOn(number).slice(99)).toMatchObject([{ body: `${MARKER} two` }]);
  });

  it('is looked for once among comments that are longer than an answer may be', async () => {
    const { number } = await opened('too-long');
    for (let count = 0; count < 3; count += 1) host.pullRequestsOf(NAME).comment(number, EVE, 'x'.repeat(12_000_000));
    const one = port();
    await expect(one.findComment(number, isOurs, signal)).rejects.toMatchObject({
      code: 'host-unreachable',
      message: expect.stringMatching(/larger than 33554432 bytes/) as string,
    });
    expect(one.usage.requests).toBe(1);
  });

  it('waits for a rate limit, and is refused with a remedy when the token may not write it', async () => {
    const { number } = await opened('limited');
    host.faults = { api: { status: 429, times: 2, retryAfter: 1 } };
    await port().upsertComment(number, { body: `${MARKER} one`, isOurs }, signal);
    host.faults = { api: { status: 403, times: 1 } };
    const refused = port().upsertComment(number, { body: `${MARKER} two`, isOurs }, signal);
    await expect(refused).rejects.toMatchObject({
      code: 'host-forbidden',
      remedy: expect.stringMatching(/^Allow the credentials.*Pull requests, read and write/) as string,
    });
    const thrown: unknown = await refused.catch((error: unknown) => error);
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain(TOKEN);
  });
});

describe('a pull request that Headgate opens', () => {
  const what = { into: 'main', title: 'Update web to 1.2.3', body: 'web 1.2.2 → 1.2.3' };
  const all = (branch: string) => host.pullRequestsOf(NAME).all.filter((each) => each.branch === branch);

  /** A branch with one commit. */
  async function pushed(branch: string): Promise<void> {
    await inWork('checkout', '-q', 'main');
    await inWork('pull', '-q', 'origin', 'main');
    await commit(branch, `${branch.replaceAll('/', '-')}.yaml`);
    await inWork('push', '-q', 'origin', branch);
  }

  async function openOrUpdate(change: Partial<typeof what> & { readonly head: string }) {
    const one = port();
    const { number, url } = await one.openOrUpdate({ ...what, ...change }, signal);
    return { number, url, requests: one.usage.requests };
  }

  it('is opened once, then updated, and nothing is sent when it has its text', async () => {
    const head = 'headgate/web&x=1';
    await pushed(head);
    const { number, ...first } = await openOrUpdate({ head });
    expect(first).toEqual({ requests: 2, url: `${host.url}/${NAME}/pull/${number}` });
    expect(all(head)).toMatchObject([{ ...what, number, branch: head, state: 'open' }]);
    expect(await openOrUpdate({ head })).toMatchObject({ number, requests: 1 });
    const newer = { title: 'Update web to 1.2.4', body: 'line\r\nline\n' };
    expect(await openOrUpdate({ head, ...newer })).toMatchObject({ number, requests: 2 });
    expect(await openOrUpdate({ head, ...newer, body: 'line\nline' })).toMatchObject({ requests: 1 });
    expect(all(head)).toMatchObject([newer]);
  });

  it('is another one after it was closed or merged, and where a fork has a branch of that name', async () => {
    await pushed('again');
    await host.createRepository('ivo/fleet', 44);
    await inWork('push', '-q', host.cloneUrl('ivo/fleet'), 'again');
    const fork = { branch: 'again', user: EVE, headRepository: 'ivo/fleet' };
    const { number: ofFork } = await host.pullRequestsOf(NAME).open(fork);
    const first = await openOrUpdate({ head: 'again' });
    expect(first.number).not.toBe(ofFork);
    host.pullRequestsOf(NAME).close(first.number);
    const second = await openOrUpdate({ head: 'again' });
    expect(second.number).not.toBe(first.number);
    expect(all('again').map(({ state }) => state)).toEqual(['open', 'closed', 'open']);
  });

  it('is opened once when the host cuts the connection after it has opened it', async () => {
    await pushed('lost');
    host.faults = { apiCut: { method: 'POST', times: 1 } };
    await openOrUpdate({ head: 'lost' });
    expect(all('lost')).toHaveLength(1);
  });

  it('has a title and a body that the host accepts, whatever their length', async () => {
    await pushed('long-text');
    const long = { title: `Update ${'x'.repeat(300)}`, body: '😀'.repeat(70_000) };
    await openOrUpdate({ head: 'long-text', ...long });
    expect(await openOrUpdate({ head: 'long-text', ...long })).toMatchObject({ requests: 1 });
    const [written] = all('long-text');
    expect([written?.title.length, written?.body.length]).toEqual([255, 65_535]);
    expect(written?.body.endsWith('😀…')).toBe(true);
  });

  it('is refused with the reason of the host when the branch has nothing to merge, or does not exist', async () => {
    await inWork('push', '-q', 'origin', 'origin/main:refs/heads/same');
    await expect(openOrUpdate({ head: 'same' })).rejects.toMatchObject({
      code: 'host-unreachable',
      message: expect.stringContaining('No commits between main and same') as string,
    });
    await expect(openOrUpdate({ head: 'nowhere' })).rejects.toMatchObject({ code: 'host-unreachable' });
    host.faults = { api: { status: 403, times: 1 } };
    await expect(openOrUpdate({ head: 'same' })).rejects.toMatchObject({ code: 'host-forbidden' });
  });
});

describe('a comment that arrives', () => {
  it('is read by its id with its author, whether it was edited, and only on its own pull request', async () => {
    const { number } = await opened('comment');
    const other = await opened('elsewhere');
    const { id } = host.pullRequestsOf(NAME).comment(number, EVE, '/headgate plan');
    const at = { pullRequest: number, commentId: String(id) };
    const whole = { id: String(id), author: { id: '13', name: 'eve', displayName: null }, body: '/headgate plan' };
    expect(await port().comment(at, signal)).toEqual({ ...whole, isEdited: false });
    expect(await port().comment({ ...at, pullRequest: other.number }, signal)).toBeNull();
    await port().react(at, 'seen', signal);
    expect(shownOn(number)[0]?.reactions).toMatchObject([{ content: 'eyes' }]);
    host.pullRequestsOf(NAME).edit(id, '/headgate approve 3f9c2a1');
    expect(await port().comment(at, signal)).toMatchObject({ isEdited: true });
    host.pullRequestsOf(NAME).remove(id);
    expect(await port().comment(at, signal)).toBeNull();
    expect(await port().comment({ ...at, commentId: '../../pulls/1' }, signal)).toBeNull();
  });

  it('is of a user who may write, may not, is unknown, or of one that the credentials may not look up', async () => {
    const account = (name: string) => ({ id: '0', name, displayName: null });
    expect(await port().mayWrite(account('ann'), signal)).toBe(true);
    expect(await port().mayWrite(account('eve'), signal)).toBe(false);
    expect(await port().mayWrite(account('mallory'), signal)).toBe(false);
    expect(await port().mayWrite(account('../../pulls'), signal)).toBe(false);
    host.faults = { api: { status: 403, times: 1 } };
    expect(await port().mayWrite(account('ann'), signal)).toBeNull();
  });
});
