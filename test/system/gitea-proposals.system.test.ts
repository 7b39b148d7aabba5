import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { serve } from '../../src/app/local/serve.ts';
import type { Service } from '../../src/app/local/serve.ts';
import { readConfig } from '../../src/config/checked/read-config.ts';
import { kubectl } from '../rig/cluster/control-plane.ts';
import { startGitea } from '../rig/gitea/gitea.ts';
import type { Gitea } from '../rig/gitea/gitea.ts';
import { getGitea } from '../rig/gitea/program.ts';
import { mustRun } from '../rig/programs/command.ts';
import { startSmallRegistry } from '../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../rig/registry/small-registry.ts';
import { deployment } from '../rig/testbed/deployment.ts';
import type { LogLine } from '../rig/testbed/testbed.ts';

/** The first run may build Gitea. */
const BUILD_MS = 1_200_000;

const log: LogLine[] = [];
let directory = '';
let namespace = '';
let gitea: Gitea;
let registry: SmallRegistry;
let service: Service;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-gitea-'));
  registry = await startSmallRegistry();
  gitea = await startGitea(await getGitea(), join(directory, 'gitea'));
  await gitea.api('POST', '/user/repos', { name: 'fleet', default_branch: 'main', private: true });
  namespace = `t-${randomUUID().slice(0, 8)}`;
  await kubectl(inject('cluster'), ['create', 'namespace', namespace]);
  registry.push('acme/web', '1.0.0');
  registry.push('acme/api', '1.0.0');
  await mkdir(join(directory, 'work', 'apps'), { recursive: true });
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', gitea.pushUrl('robot/fleet'));
  for (const name of ['web', 'api'])
    await writeFile(join(directory, 'work', 'apps', `${name}.yaml`), manifest(name, '1.0.0'));
  await git('add', '-A');
  await git('commit', '-q', '-m', 'first');
  await git('push', '-q', 'origin', 'HEAD:main');
  const read = readConfig({ text: configText(), path: join(directory, 'headgate.yml') });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems, null, 2));
  service = await serve({
    config: read.config,
    env: { FLEET_TOKEN: gitea.token, FLEET_SECRET: 'planted-webhook-secret-0123456789' },
    log: (line) => void log.push(line),
    dataDirectory: join(directory, 'data'),
    host: '127.0.0.1',
    port: 0,
    sweepIntervalMs: 300,
    driftIntervalMs: 3_600_000,
  });
  await deployed('web', '1.0.0');
  await deployed('api', '1.0.0');
}, BUILD_MS);

afterAll(async () => {
  await service.stop();
  await gitea.close();
  await registry.close();
  await kubectl(inject('cluster'), ['delete', 'namespace', namespace, '--wait=false']);
  await rm(directory, { recursive: true });
});

function configText(): string {
  const image = (name: string, via: string) => ({
    name,
    image: `${registry.host}/acme/${name}`,
    policy: { semver: '^1.0.0' },
    interval: '1s',
    debounce: '0s',
    writes: [{ repository: 'fleet', branch: 'main', via }],
  });
  return JSON.stringify({
    clusters: { lab: { kubeconfig: { path: inject('cluster').kubeconfig } } },
    repositories: {
      fleet: {
        host: 'gitea',
        url: `${gitea.url}/${gitea.user}/fleet.git`,
        webhookSecret: 'env:FLEET_SECRET',
        credentials: 'env:FLEET_TOKEN',
        write: 'env:FLEET_TOKEN',
      },
    },
    targets: [{ name: namespace, repository: 'fleet', branch: 'main', path: 'apps', cluster: 'lab', namespace }],
    images: [image('web', 'pullRequest'), image('api', 'api')],
  });
}

const manifest = (name: string, tag: string) => deployment(name, `${registry.host}/acme/${name}:${tag}`);

async function git(...args: readonly string[]): Promise<string> {
  const identity = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com'];
  return (await mustRun('git', [...identity, '-C', join(directory, 'work'), ...args])).trim();
}

const WAIT = { timeout: 60_000, interval: 100 };
const recent = () => JSON.stringify(log.slice(-6), null, 1);

async function deployed(name: string, tag: string): Promise<void> {
  const path = '-o=jsonpath={.spec.template.spec.containers[0].image}';
  const args = ['-n', namespace, 'get', 'deployment', name, '--ignore-not-found', path];
  const read = async () => (await kubectl(inject('cluster'), args)).stdout;
  await vi.waitFor(async () => expect(await read(), recent()).toBe(`${registry.host}/acme/${name}:${tag}`), WAIT);
}

const Pulls = z.array(
  z.object({
    number: z.int(),
    title: z.string(),
    state: z.string(),
    body: z.string(),
    head: z.object({ ref: z.string(), sha: z.string() }),
  }),
);

async function pulls() {
  const found = z.parse(Pulls, await gitea.api('GET', '/repos/robot/fleet/pulls?state=all'));
  return found.toSorted((one, other) => one.number - other.number);
}

async function proposed(...titles: readonly string[]) {
  const read = async () => {
    const found = await pulls();
    expect(
      found.map(({ title }) => title),
      recent(),
    ).toEqual(titles);
    return found;
  };
  return vi.waitFor(read, WAIT);
}

describe('new images on a real Gitea', () => {
  it('are proposed by a pull request that is updated, deployed by its merge, and not proposed again once closed', async () => {
    registry.push('acme/web', '1.1.0');
    const [first] = await proposed('Update web to 1.1.0');
    expect(first).toMatchObject({ state: 'open', head: { ref: 'headgate/update-images/main' } });
    registry.push('acme/web', '1.2.0');
    await proposed('Update web to 1.2.0');
    // Gitea changes the title before the body.
    await vi.waitFor(async () => expect((await pulls())[0]?.body).toContain('`1.0.0` → `1.2.0`'), WAIT);
    await git('fetch', '-q', 'origin', 'headgate/update-images/main');
    expect(await git('show', 'FETCH_HEAD:apps/web.yaml')).toBe(manifest('web', '1.2.0').trim());
    // Gitea tries the merge in the background first.
    await vi.waitFor(() => gitea.api('POST', '/repos/robot/fleet/pulls/1/merge', { Do: 'merge' }), WAIT);
    await deployed('web', '1.2.0');
    registry.push('acme/web', '1.3.0');
    await proposed('Update web to 1.2.0', 'Update web to 1.3.0');
    const page = `${gitea.url}/robot/fleet/pulls/2`;
    const isLogged = () => log.some((line) => line.message === 'image-proposed' && line['pullRequest'] === page);
    await vi.waitFor(() => expect(isLogged(), recent()).toBe(true), WAIT);
    await gitea.api('PATCH', '/repos/robot/fleet/pulls/2', { state: 'closed' });
    const held = () => log.filter(({ message }) => message === 'image-held').length;
    await vi.waitFor(() => expect(held()).toBeGreaterThanOrEqual(5), WAIT);
    expect((await pulls()).length).toBe(2);
    registry.push('acme/web', '1.4.0');
    await proposed('Update web to 1.2.0', 'Update web to 1.3.0', 'Update web to 1.4.0');
    // Gitea also knows closed ones of the same branches.
    registry.push('acme/web', '1.5.0');
    await proposed('Update web to 1.2.0', 'Update web to 1.3.0', 'Update web to 1.5.0');
  }, 200_000);

  it('are committed by its API, with a record, and deployed', async () => {
    registry.push('acme/api', '1.1.0');
    await deployed('api', '1.1.0');
    // The record is pushed after the commit.
    await vi.waitFor(
      () =>
        expect(
          log.some((line) => line.message === 'image'),
          recent(),
        ).toBe(true),
      WAIT,
    );
    await git('fetch', '-q', 'origin', 'main', '+refs/headgate/images/api:record');
    const message = await git('log', '-1', '--format=%B', 'record');
    const [, revision = ''] = /^Headgate-Commit: (\S+)$/m.exec(message) ?? [];
    expect(await git('show', `${revision}:apps/api.yaml`)).toBe(manifest('api', '1.1.0').trim());
    expect(await git('log', '-1', '--format=%an %ae %s', revision)).toBe(
      'headgate headgate@localhost Update api to 1.1.0',
    );
  }, 100_000);
});
