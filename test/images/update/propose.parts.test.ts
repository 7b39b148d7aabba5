import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registriesOf } from '../../../src/app/images/open-registries.ts';
import { openUpdates } from '../../../src/app/images/open-updates.ts';
import { localRuntime } from '../../../src/app/local/local-runtime.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { writeGroups } from '../../../src/images/update/write-group.ts';
import { startGitHost } from '../../rig/git-host/git-host.ts';
import type { Faults, GitHost } from '../../rig/git-host/git-host.ts';
import { mustRun } from '../../rig/programs/command.ts';
import { startSmallRegistry } from '../../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../../rig/registry/small-registry.ts';

const FULL_NAME = 'acme/fleet';
const TOKEN = 'planted-token-0123456789';
const { signal } = new AbortController();

let directory = '';
let host: GitHost;
let registry: SmallRegistry;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-propose-'));
  registry = await startSmallRegistry();
  host = await startGitHost({ directory: join(directory, 'git'), token: TOKEN });
  await host.createRepository(FULL_NAME);
  mkdirSync(join(directory, 'work'));
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', host.cloneUrl(FULL_NAME));
  await commit({ 'web.yaml': pod('1.0.0') });
  registry.push('acme/web', '1.0.0');
});

afterEach(async () => {
  await host.close();
  await registry.close();
  await rm(directory, { recursive: true });
});

async function git(...args: readonly string[]): Promise<string> {
  const identity = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com'];
  return (await mustRun('git', [...identity, '-C', join(directory, 'work'), ...args])).trim();
}

function pod(tag: string): string {
  const image = `${registry.host}/acme/web:${tag}`;
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ${image}\n`;
}

async function commit(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, 'work', name), text);
  await git('add', '-A');
  await git('commit', '-q', '-m', 'change');
  await git('push', '-q', 'origin', 'HEAD:main');
}

/** One look at the branch by a process that remembers nothing. The reason when it fails, else what came of it. */
async function update(faults: Faults = {}): Promise<string> {
  const text = JSON.stringify({
    key: 'env:KEY',
    clusters: { lab: { kubeconfig: { path: '/nonexistent' } } },
    repositories: {
      fleet: {
        host: 'github',
        url: host.cloneUrl(FULL_NAME),
        api: host.apiUrl,
        webhookSecret: 'env:SECRET',
        credentials: 'env:TOKEN',
        write: 'env:TOKEN',
      },
    },
    targets: [],
    images: [
      {
        name: 'web',
        image: `${registry.host}/acme/web`,
        policy: { semver: '>=1.0.0' },
        writes: [{ repository: 'fleet', branch: 'main', via: 'pullRequest' }],
      },
    ],
  });
  const read = readConfig({ text, path: '/headgate.yml' });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems, null, 2));
  const env = { TOKEN, SECRET: 'planted-webhook-secret-0123456789', KEY: 'planted-signing-key-0123456789abcdef' };
  const quiet = { log: () => undefined, progress: () => undefined };
  const runtime = localRuntime({ config: read.config, env, holder: randomUUID(), ...quiet });
  const updates = openUpdates({ runtime, openRegistry: registriesOf(runtime, () => Promise.resolve(null)) });
  const [group] = writeGroups(read.config);
  if (group === undefined) throw new Error('no image is written anywhere');
  host.faults = faults;
  try {
    return (await updates.update(group, signal)).kind;
  } catch (thrown) {
    return String(thrown);
  } finally {
    host.faults = {};
    runtime.close();
  }
}

const pulls = () => host.pullRequestsOf(FULL_NAME);
const titles = () => pulls().all.map(({ title, state }) => `${title} (${state})`);

describe('a pull request for new images', () => {
  it.each<[string, (after: number) => Faults]>([
    ['Git', (after) => ({ git: { status: 403, times: 1_000, after } })],
    ['the API of the host', (after) => ({ api: { status: 403, times: 1_000, after } })],
  ])('is opened once, and stays declined, when each request to %s fails in turn', async (_what, faultsAfter) => {
    registry.push('acme/web', '1.1.0');
    let failures = 0;
    const results: string[] = [];
    for (; failures < 40; failures += 1) {
      results.push(await update(faultsAfter(failures)));
      expect(titles().length).toBeLessThanOrEqual(1);
      if (['written', 'unchanged'].includes(results.at(-1) ?? '')) break;
    }
    expect(failures, results.join('\n')).toBeGreaterThan(0);
    expect(await update()).toBe('unchanged');
    expect(titles()).toEqual(['Update web to 1.1.0 (open)']);
    expect(await git('ls-remote', 'origin', 'refs/heads/headgate/update-images/main')).toContain(pulls().find(1)?.head);
    pulls().close(1);
    expect([await update(), await update()]).toEqual(['unchanged', 'unchanged']);
    expect(titles()).toEqual(['Update web to 1.1.0 (closed)']);
  });

  it('is found when the response to its opening was lost', async () => {
    registry.push('acme/web', '1.1.0');
    expect(await update({ apiCut: { method: 'POST', times: 1 } })).toBe('written');
    expect(titles()).toEqual(['Update web to 1.1.0 (open)']);
  });

  it('is known by one answer of the host in a poll, so that closing it meanwhile opens no other one', async () => {
    registry.push('acme/web', '1.1.0');
    expect(await update()).toBe('written');
    expect(await update({ api: { status: 403, times: 1_000, after: 1 } })).toBe('unchanged');
  });

  it('is left as it is until its files change on the branch, and then made again on the tip', async () => {
    registry.push('acme/web', '1.1.0');
    expect(await update()).toBe('written');
    const first = pulls().find(1)?.head;
    await commit({ 'other.yaml': 'a: 1\n' });
    expect([await update(), pulls().find(1)?.head]).toEqual(['unchanged', first]);
    await commit({ 'web.yaml': `${pod('1.0.0')}    command: [run]\n` });
    expect(await update()).toBe('written');
    await git('fetch', '-q', 'origin', 'headgate/update-images/main');
    expect(await git('rev-parse', 'FETCH_HEAD^')).toBe(await git('rev-parse', 'HEAD'));
    expect(await git('show', 'FETCH_HEAD:web.yaml')).toBe(`${pod('1.1.0')}    command: [run]`);
    expect(titles()).toEqual(['Update web to 1.1.0 (open)']);
  });
});
