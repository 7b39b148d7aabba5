import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { serve } from '../../src/app/local/serve.ts';
import type { Service } from '../../src/app/local/serve.ts';
import { readConfig } from '../../src/config/checked/read-config.ts';
import { headgate } from '../cli/headgate.ts';
import { kubectl } from '../rig/cluster/control-plane.ts';
import { startGitea } from '../rig/gitea/gitea.ts';
import type { Gitea } from '../rig/gitea/gitea.ts';
import { getGitea } from '../rig/gitea/program.ts';
import { mustRun } from '../rig/programs/command.ts';
import { configMap } from '../rig/testbed/testbed.ts';
import type { LogLine } from '../rig/testbed/testbed.ts';

const SECRET = 'planted-webhook-secret-0123456789';
/** The first run may build Gitea. */
const BUILD_MS = 1_200_000;

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
  const { config } = read;
  service = await serve({
    config,
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
}, BUILD_MS);

afterAll(async () => {
  await service.stop();
  await gitea.close();
  await kubectl(inject('cluster'), ['delete', 'namespace', namespace, '--wait=false']);
  await rm(directory, { recursive: true });
});

function env(): Readonly<Record<string, string>> {
  return { FLEET_TOKEN: gitea.token, FLEET_SECRET: SECRET };
}

function configText(): string {
  const target = { name: namespace, repository: 'fleet', branch: 'main', path: 'apps', cluster: 'lab', namespace };
  return JSON.stringify({
    clusters: { lab: { kubeconfig: { path: inject('cluster').kubeconfig } } },
    repositories: {
      fleet: {
        host: 'gitea',
        url: `${gitea.url}/${gitea.user}/fleet.git`,
        webhookSecret: 'env:FLEET_SECRET',
        credentials: 'env:FLEET_TOKEN',
        write: 'env:FLEET_TOKEN',
        record: 'refs',
      },
    },
    targets: [target],
  });
}

function command(...args: readonly string[]) {
  return headgate(args, { files: { 'headgate.yml': configText() }, env: env(), timeoutMs: 50_000 });
}

async function git(...args: readonly string[]): Promise<string> {
  const work = join(directory, 'work');
  await mkdir(work, { recursive: true });
  const identity = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com'];
  return (await mustRun('git', [...identity, '-C', work, ...args])).trim();
}

async function push(file: string, content: string): Promise<string> {
  const path = join(directory, 'work', 'apps');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, file), content);
  await git('add', '-A');
  await git('commit', '-q', '-m', 'change');
  await git('push', '-q', 'origin', 'HEAD:main');
  return git('rev-parse', 'HEAD');
}

/** Gitea sends a delivery some seconds after the push. */
async function logged(isMeant: (line: LogLine) => boolean): Promise<LogLine> {
  return vi.waitFor(
    () => {
      const line = log.find((each) => isMeant(each));
      if (line === undefined) throw new Error(`not logged: ${JSON.stringify(log.slice(-8), null, 1)}`);
      return line;
    },
    { timeout: 45_000, interval: 20 },
  );
}

/** Gitea calls the state of a status `status`. */
const Statuses = z.array(z.object({ context: z.string(), status: z.string(), description: z.string() }));

async function statusesOf(revision: string) {
  return z.parse(Statuses, await gitea.api('GET', `/repos/robot/fleet/commits/${revision}/statuses`));
}

describe('a real Gitea', () => {
  it('gets its webhook from headgate connect, before the first push', async () => {
    const { code, stdout, stderr } = await command('connect', 'fleet', '--url', service.url, '--yes');
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('will create a webhook on robot/fleet');
    expect(stdout).toContain('webhook 1 is registered, and the next push tests it, because the host sent no ping');
    expect(stdout).toContain('repository is empty');
    expect(await gitea.api('GET', '/repos/robot/fleet/hooks')).toMatchObject([
      {
        type: 'gitea',
        active: true,
        config: { url: `${service.url}/webhooks/fleet`, content_type: 'json' },
        events: expect.arrayContaining(['push', 'delete']) as string[],
      },
    ]);
  });

  it('has its pushes deployed, and shows the outcome on the commit', async () => {
    const revision = await push('web.yaml', configMap('web', { color: 'blue' }));
    const outcome = await logged((line) => line['revision'] === revision && line['verdict'] !== undefined);
    expect(outcome).toMatchObject({ verdict: 'deployed', created: 1, errors: [] });
    await vi.waitFor(
      async () => {
        expect(await statusesOf(revision)).toContainEqual({
          context: `headgate/${namespace}`,
          status: 'success',
          description: expect.stringMatching(/^1 created, ready in \d+\.\d s$/) as string,
        });
      },
      { timeout: 20_000, interval: 200 },
    );
    const { stdout } = await kubectl(inject('cluster'), ['-n', namespace, 'get', 'configmap', 'web', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ data: { color: 'blue' } });
  });

  it('takes the ref and the note that record where the target is', async () => {
    const revision = await git('rev-parse', 'HEAD');
    await vi.waitFor(
      async () => {
        await git(
          'fetch',
          '-q',
          'origin',
          '+refs/headgate/*:refs/headgate/*',
          '+refs/notes/headgate/*:refs/notes/headgate/*',
        );
        expect(await git('rev-parse', `refs/headgate/${namespace}`)).toBe(revision);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(await git('notes', `--ref=headgate/${namespace}`, 'show', revision)).toMatch(/^ready .*: 1 created/);
    expect(log.filter(({ message }) => message === 'not-recorded')).toEqual([]);
  });

  it('has its tags and deleted branches ignored', async () => {
    await git('push', '-q', 'origin', 'HEAD:refs/heads/next', 'HEAD:refs/tags/v1');
    await git('push', '-q', 'origin', ':refs/heads/next');
    const deleted = await logged(({ reason }) => reason === 'branch "next" was deleted');
    expect(deleted).toMatchObject({ message: 'receive', status: 200 });
    const tag = await logged(({ reason }) => reason === 'the ref is a tag, and targets follow branches');
    expect(tag).toMatchObject({ message: 'receive', status: 200 });
    const refused = log.filter(({ message, status }) => message === 'receive' && Number(status) >= 400);
    expect(refused).toEqual([]);
  });

  it('is found well by headgate doctor, which writes no status', async () => {
    const { stdout } = await command('doctor', '--output', 'json');
    const found = z.parse(
      z.array(z.object({ kind: z.string(), ok: z.boolean(), detail: z.string() })),
      JSON.parse(stdout),
    );
    expect(found).toContainEqual({
      kind: 'webhook',
      ok: true,
      detail: expect.stringContaining('its deliveries are listed only in the settings of the repository') as string,
    });
    expect(found).toContainEqual({ kind: 'statuses', ok: true, detail: 'can be written' });
  });
});
