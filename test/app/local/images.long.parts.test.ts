import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { serve } from '../../../src/app/local/serve.ts';
import type { Service } from '../../../src/app/local/serve.ts';
import { BareRepository, removeRepositories } from '../../git/repository.ts';
import { mustRun } from '../../rig/programs/command.ts';
import { startGitServer } from '../../rig/git-host/http-backend.ts';
import type { GitHttpServer } from '../../rig/git-host/http-backend.ts';
import { startSmallRegistry } from '../../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../../rig/registry/small-registry.ts';

const SECRET = 'planted-images-secret';

let directory: string;
let registry: SmallRegistry;
const servers: GitHttpServer[] = [];
const services: Service[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-images-'));
  registry = await startSmallRegistry();
});

afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
  for (const server of servers.splice(0)) await server.close();
  await registry.close();
  removeRepositories();
  rmSync(directory, { recursive: true, force: true });
});

async function repositoryAt(): Promise<{ readonly repository: BareRepository; readonly url: string }> {
  const repository = new BareRepository('fleet.git');
  repository.git('config', 'receive.fsckObjects', 'true');
  const server = await startGitServer({ root: repository.root });
  servers.push(server);
  return { repository, url: `${server.url}/fleet.git` };
}

async function start(
  repositories: Readonly<Record<string, string>>,
  images: readonly object[],
  sweepIntervalMs = 3_600_000,
): Promise<Service> {
  const text = JSON.stringify({
    clusters: { lab: { kubeconfig: { path: '/nonexistent' } } },
    repositories: Object.fromEntries(
      Object.entries(repositories).map(([name, url]) => [name, { host: 'git', url, write: 'env:WRITE' }]),
    ),
    targets: [],
    images,
  });
  const read = readConfig({ text, path: join(directory, 'headgate.yml') });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const env = { WRITE: 'planted-write-token', SECRET };
  const common = { config: read.config, env, log: () => undefined, dataDirectory: join(directory, 'data') };
  const service = await serve({ ...common, host: '127.0.0.1', port: 0, sweepIntervalMs, driftIntervalMs: 3_600_000 });
  services.push(service);
  return service;
}

function announce({ url }: Service, image: string): Promise<Response> {
  const signature = `sha256=${createHmac('sha256', SECRET).update('{}').digest('hex')}`;
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature };
  return fetch(`${url}/images/${image}`, { method: 'POST', headers, body: '{}' });
}

const IMAGES = Array.from({ length: 100 }, (_, index) => `app-${index}`);
const REPOSITORIES = ['one', 'two', 'three'] as const;

it('writes 100 images that are pushed together by one commit in each of three repositories', async () => {
  const beds = await Promise.all(REPOSITORIES.map(async (name) => ({ name, ...(await repositoryAt()) })));
  const repositoryOf = (index: number) => REPOSITORIES[index % 3] ?? 'one';
  for (const { name, repository } of beds) {
    const own = IMAGES.filter((_, index) => repositoryOf(index) === name);
    repository.commit(
      Object.fromEntries(own.map((image) => [`${image}.yaml`, `image: ${registry.host}/acme/${image}:1.0.0\n`])),
    );
  }
  const service = await start(
    Object.fromEntries(beds.map(({ name, url }) => [name, url])),
    IMAGES.map((name, index) => ({
      name,
      image: `${registry.host}/acme/${name}`,
      policy: { semver: '^1.0.0' },
      webhook: { kind: 'signed', secret: 'env:SECRET' },
      interval: '0s',
      debounce: '2s',
      writes: [{ repository: repositoryOf(index), branch: 'main' }],
    })),
  );
  for (const image of IMAGES) registry.push(`acme/${image}`, '1.1.0');
  const answers = await Promise.all(IMAGES.map((image) => announce(service, image)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  for (const { repository } of beds)
    await vi.waitFor(() => expect(repository.git('rev-list', '--count', 'main')).toBe('2'), {
      timeout: 60_000,
      interval: 100,
    });
  for (const [index, image] of IMAGES.entries()) {
    const { repository } = beds[index % 3] ?? { repository: null };
    expect(repository?.git('show', `main:${image}.yaml`)).toBe(`image: ${registry.host}/acme/${image}:1.1.0`);
  }
}, 90_000);

it('loses no commit of a person who pushes in a loop, and leaves a straight history', async () => {
  const { repository, url } = await repositoryAt();
  repository.commit({ 'web.yaml': `image: ${registry.host}/acme/web:1.0.0\n`, 'notes.txt': 'begin\n' });
  const image = {
    name: 'web',
    image: `${registry.host}/acme/web`,
    policy: { semver: '^1.0.0' },
    interval: '1s',
    writes: [{ repository: 'fleet', branch: 'main' }],
  };
  registry.push('acme/web', '1.1.0');
  await start({ fleet: url }, [image], 50);
  const work = join(directory, 'work');
  await mustRun('git', ['clone', '-q', url, work]);
  const git = (...args: readonly string[]) =>
    mustRun('git', ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com', '-C', work, ...args]);
  const last = 15;
  for (let push = 1; push <= last; push += 1) {
    writeFileSync(join(work, `note-${push}.txt`), `${push}\n`);
    await git('add', '-A');
    await git('commit', '-q', '-m', `note ${push}`);
    if (push % 3 === 0) registry.push('acme/web', `1.${push}.0`);
    // As people do whose push is rejected.
    await vi.waitFor(async () => git('pull', '-q', '--rebase').then(() => git('push', '-q', 'origin', 'HEAD:main')), {
      timeout: 30_000,
      interval: 10,
    });
  }
  const wanted = `image: ${registry.host}/acme/web:1.${last}.0`;
  await vi.waitFor(() => expect(repository.git('show', 'main:web.yaml')).toBe(wanted), {
    timeout: 30_000,
    interval: 50,
  });
  const subjects = repository.git('log', '--format=%s', 'main').split('\n');
  const notes = Array.from({ length: last }, (_, index) => `note ${index + 1}`);
  expect(subjects.filter((subject) => subject.startsWith('note')).toReversed()).toEqual(notes);
  expect(repository.git('rev-list', '--merges', 'main')).toBe('');
  // A push that lost its race leaves objects that nothing refers to.
  expect(repository.git('fsck', '--strict', '--no-dangling')).toBe('');
}, 90_000);
