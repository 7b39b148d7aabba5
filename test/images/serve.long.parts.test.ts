import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../../src/app/local/serve.ts';
import type { Service } from '../../src/app/local/serve.ts';
import { readConfig } from '../../src/config/checked/read-config.ts';
import { BareRepository, removeRepositories } from '../git/repository.ts';
import { freePorts } from '../rig/cluster/control-plane.ts';
import { startGitServer } from '../rig/git-host/http-backend.ts';
import type { GitHttpServer } from '../rig/git-host/http-backend.ts';
import { getRegistry } from '../rig/registry/program.ts';
import { startRegistry } from '../rig/registry/registry.ts';
import type { Registry } from '../rig/registry/registry.ts';

type LogLine = Readonly<Record<string, unknown>> & { readonly message: string };

const SECRETS = { HOOK: 'planted-hook-secret', FLEET_WRITE: 'planted-write-token' };
const lines: LogLine[] = [];
let directory: string;
let repository: BareRepository;
let git: GitHttpServer;
let registry: Registry;
let service: Service;

function pod(image: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ${registry.host}/acme/${image} # keep\n`;
}

function configFile(): string {
  const common = { policy: { semver: '1.x' }, debounce: '0s', writes: [{ repository: 'fleet', branch: 'main' }] };
  const polled = [{ repository: 'fleet', branch: 'polled' }];
  return JSON.stringify({
    clusters: { lab: { kubeconfig: { path: '/absent' } } },
    repositories: { fleet: { host: 'git', url: `${git.url}/fleet.git`, write: 'env:FLEET_WRITE' } },
    targets: [],
    images: [
      {
        ...common,
        name: 'web',
        image: `${registry.host}/acme/web`,
        interval: '0s',
        webhook: { kind: 'distribution', secret: 'env:HOOK' },
      },
      { ...common, name: 'api', image: `${registry.host}/acme/api`, interval: '1s', writes: polled },
    ],
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-images-'));
  const [port = 0] = await freePorts(1);
  const notifications = { url: `http://127.0.0.1:${port}/images/web`, authorization: `Bearer ${SECRETS.HOOK}` };
  registry = await startRegistry(await getRegistry(), join(directory, 'registry'), notifications);
  repository = new BareRepository('fleet.git');
  git = await startGitServer({ root: repository.root });
  await registry.push('acme/api', '1.0.0');
  repository.commit({ 'web.yaml': pod('web:1.0.0'), 'api.yaml': pod('api:1.0.0') });
  repository.git('branch', 'polled', 'main');
  const read = readConfig({ text: configFile(), path: join(directory, 'headgate.yml') });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems, null, 2));
  service = await serve({
    config: read.config,
    env: { ...process.env, ...SECRETS },
    log: (line) => lines.push(line),
    dataDirectory: join(directory, 'data'),
    host: '127.0.0.1',
    port,
    sweepIntervalMs: 500,
    driftIntervalMs: 3_600_000,
  });
}, 600_000);

afterAll(async () => {
  await service.stop();
  await registry.close();
  await git.close();
  removeRepositories();
  await rm(directory, { recursive: true, force: true });
});

const subjects = (branch: string) => repository.git('log', '--format=%s', branch).trim().split('\n');

describe('headgate serve with a real registry', () => {
  it('writes one commit for an image that the registry announces', async () => {
    const startMs = performance.now();
    await registry.push('acme/web', '1.1.0');
    await expect.poll(() => subjects('main').length, { timeout: 60_000, interval: 50 }).toBe(2);
    process.stderr.write(`an announced image was written after ${Math.round(performance.now() - startMs)} ms\n`);
    expect(subjects('main')[0]).toBe('Update web to 1.1.0');
    expect(repository.git('show', 'main:web.yaml').trim()).toBe(pod('web:1.1.0').trim());
    expect(lines.some(({ message, image, status }) => message === 'receive' && image === 'web' && status === 202)).toBe(
      true,
    );
  }, 120_000);

  it('writes an image that no message announces, at the next poll', async () => {
    await registry.push('acme/api', '1.2.0');
    await expect.poll(() => subjects('polled').length, { timeout: 60_000, interval: 50 }).toBe(2);
    expect(subjects('polled')[0]).toBe('Update api to 1.2.0');
  }, 120_000);

  it('logs none of its secrets', () => {
    for (const secret of Object.values(SECRETS)) expect(JSON.stringify(lines)).not.toContain(secret);
  });
});
