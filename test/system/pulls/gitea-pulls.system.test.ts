import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { serve } from '../../../src/app/local/serve.ts';
import type { Service } from '../../../src/app/local/serve.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { headgate } from '../../cli/headgate.ts';
import { kubectl } from '../../rig/cluster/control-plane.ts';
import { startGitea } from '../../rig/gitea/gitea.ts';
import type { Gitea } from '../../rig/gitea/gitea.ts';
import { getGitea } from '../../rig/gitea/program.ts';
import { mustRun } from '../../rig/programs/command.ts';
import { KEY, configMap } from '../../rig/testbed/testbed.ts';
import type { LogLine } from '../../rig/testbed/testbed.ts';
import { changesOf, configMapsIn, shownIn } from './compare.ts';

const SECRET = 'planted-webhook-secret-0123456789';
const BUILD_MS = 1_200_000;
const REPOSITORY = '/repos/robot/fleet';

const log: LogLine[] = [];
let directory = '';
let namespace = '';
let gitea: Gitea;
let service: Service;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-gitea-'));
  gitea = await startGitea(await getGitea(), join(directory, 'gitea'));
  await gitea.api('POST', '/user/repos', { name: 'fleet', default_branch: 'main', private: true });
  namespace = `t-${randomUUID().slice(0, 8)}`;
  await kubectl(inject('cluster'), ['create', 'namespace', namespace]);
  const read = readConfig({ text: configText(), path: join(directory, 'headgate.yml') });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems, null, 2));
  service = await serve({
    config: read.config,
    env: env(),
    log: (line) => void log.push(line),
    dataDirectory: join(directory, 'data'),
    host: '127.0.0.1',
    port: 0,
    sweepIntervalMs: 3_600_000,
    driftIntervalMs: 3_600_000,
  });
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', gitea.pushUrl('robot/fleet'));
  const connect = ['connect', 'fleet', '--url', service.url, '--yes'];
  await headgate(connect, { files: { 'headgate.yml': configText() }, env: env(), timeoutMs: 50_000 });
  const names = Array.from({ length: 8 }, (_, n) => `c${n}`);
  const files = Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, configMap(name, { v: '0' })]));
  const first = await push('main', files);
  await logged((line) => line['revision'] === first && line['verdict'] !== undefined);
}, BUILD_MS);

afterAll(async () => {
  await service.stop();
  await gitea.close();
  await kubectl(inject('cluster'), ['delete', 'namespace', namespace, '--wait=false']);
  await rm(directory, { recursive: true });
});

function env(): Readonly<Record<string, string>> {
  return { FLEET_TOKEN: gitea.token, FLEET_SECRET: SECRET, HEADGATE_KEY: KEY };
}

function configText(): string {
  const target = { name: namespace, repository: 'fleet', branch: 'main', path: 'apps', cluster: 'lab', namespace };
  return JSON.stringify({
    key: 'env:HEADGATE_KEY',
    clusters: { lab: { kubeconfig: { path: inject('cluster').kubeconfig } } },
    repositories: {
      fleet: {
        host: 'gitea',
        url: `${gitea.url}/${gitea.user}/fleet.git`,
        webhookSecret: 'env:FLEET_SECRET',
        credentials: 'env:FLEET_TOKEN',
        pullRequests: { plan: true },
      },
    },
    targets: [target],
  });
}

async function git(...args: readonly string[]): Promise<string> {
  const work = join(directory, 'work');
  await mkdir(work, { recursive: true });
  const identity = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com'];
  return (await mustRun('git', [...identity, '-C', work, ...args])).trim();
}

async function push(branch: string, files: Readonly<Record<string, string | null>>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, 'work', path);
    await mkdir(dirname(file), { recursive: true });
    if (content === null) await rm(file);
    else await writeFile(file, content);
  }
  await git('add', '-A');
  await git('commit', '-q', '-m', `change ${branch}`);
  await git('push', '-q', 'origin', `HEAD:${branch}`);
  return git('rev-parse', 'HEAD');
}

async function logged(isMeant: (line: LogLine) => boolean): Promise<LogLine> {
  return vi.waitFor(
    () => {
      const line = log.find((each) => isMeant(each));
      if (line === undefined) throw new Error(`not logged: ${JSON.stringify(log.slice(-8), null, 1)}`);
      return line;
    },
    { timeout: 60_000, interval: 20 },
  );
}

const Opened = z.object({ number: z.number() });
const Comments = z.array(z.object({ body: z.string() }));
const Statuses = z.array(z.object({ context: z.string(), status: z.string() }));

async function commentOf(number: number): Promise<string> {
  const comments = z.parse(Comments, await gitea.api('GET', `${REPOSITORY}/issues/${number}/comments`));
  expect(comments).toHaveLength(1);
  return comments[0]?.body ?? '';
}

it.each(['merge', 'squash', 'rebase'] as const)(
  'shows on a pull request of a real Gitea what its %s does, also when it is behind, in one comment',
  async (method) => {
    const behind = await git('rev-parse', 'main');
    const n = ['merge', 'squash', 'rebase'].indexOf(method);
    const tip = await push('main', { [`apps/main-${n}.yaml`]: configMap(`main-${n}`) });
    await logged((line) => line['revision'] === tip && line['verdict'] !== undefined);
    await git('checkout', '-q', '-b', method, behind);
    const head = await push(method, {
      [`apps/c${n}.yaml`]: configMap(`c${n}`, { v: method }),
      [`apps/c${n + 3}.yaml`]: null,
      [`apps/new-${n}.yaml`]: configMap(`new-${n}`),
    });
    const opened = await gitea.api('POST', `${REPOSITORY}/pulls`, { head: method, base: 'main', title: method });
    const { number } = z.parse(Opened, opened);
    await logged((line) => line.message === 'planned' && line['head'] === head);
    const comment = await commentOf(number);
    expect(shownIn(comment)).toEqual([`create new-${n}`, `prune c${n + 3}`, `update c${n}`]);
    const statuses = z.parse(Statuses, await gitea.api('GET', `${REPOSITORY}/commits/${head}/statuses`));
    expect(statuses).toContainEqual({ context: `headgate/plan/${namespace}`, status: 'success' });
    const before = await configMapsIn(namespace);
    // Gitea finds out in the background whether it can be merged, and refuses until then.
    const merge = () => gitea.api('POST', `${REPOSITORY}/pulls/${number}/merge`, { Do: method });
    await vi.waitFor(merge, { timeout: 30_000, interval: 500 });
    await git('checkout', '-q', 'main');
    await git('pull', '-q', 'origin', 'main');
    const merged = await git('rev-parse', 'HEAD');
    await logged((line) => line['revision'] === merged && line['verdict'] === 'deployed');
    expect(changesOf(before, await configMapsIn(namespace))).toEqual(shownIn(comment));
  },
  120_000,
);
