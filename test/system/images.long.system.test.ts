import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSmallRegistry } from '../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../rig/registry/small-registry.ts';
import { SECRET, Testbed } from '../rig/testbed/testbed.ts';

let testbed: Testbed;
let registry: SmallRegistry;

beforeEach(async () => {
  registry = await startSmallRegistry();
});

afterEach(async () => {
  await testbed.tearDown();
  await registry.close();
});

/** `web` and its debounce; it is polled only when `change` says so. */
async function start(change: object = {}, sweepIntervalMs = 3_600_000): Promise<void> {
  const image = {
    name: 'web',
    image: `${registry.host}/acme/web`,
    policy: { semver: '^1.0.0' },
    webhook: { kind: 'signed', secret: 'env:FLEET_SECRET' },
    interval: '0s',
    debounce: '1s',
    writes: [{ repository: 'fleet', branch: 'main', paths: ['apps/**'] }],
    ...change,
  };
  testbed = await Testbed.build({ images: [image], sweepIntervalMs });
  await testbed.start();
}

function deployment(tag: string): string {
  const container = `      - name: web\n        image: ${registry.host}/acme/web:${tag} # the release\n`;
  const spec = `spec:\n  replicas: 0\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n    spec:\n      containers:\n${container}`;
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n${spec}`;
}

/** As a CI job does that has pushed an image. */
async function announce(): Promise<number> {
  const body = '{}';
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature };
  return (await fetch(`${testbed.address}/images/web`, { method: 'POST', headers, body })).status;
}

/** Pushes of Git, and looks at the refs before them. */
function pushes(): readonly string[] {
  return testbed.host.server.requests
    .map(({ method, path }) => `${method} ${path}`)
    .filter((request) => request.includes('receive-pack'));
}

async function imageOf(name: string): Promise<string> {
  const found = await testbed.kubectl(
    '-n',
    testbed.namespace,
    'get',
    'deployment',
    name,
    '-o',
    'jsonpath={.spec.template.spec.containers[0].image}',
  );
  return found.slice(registry.host.length);
}

/** The newest commit of the branch, once it is another one than before. */
async function commitAfter(revision: string): Promise<string> {
  return vi.waitFor(
    async () => {
      await testbed.git('fetch', '-q', 'origin', 'main');
      const tip = await testbed.git('rev-parse', 'FETCH_HEAD');
      if (tip === revision) throw new Error('no commit yet');
      return tip;
    },
    { timeout: 30_000, interval: 50 },
  );
}

describe('a pushed image', () => {
  it('is written by one commit and one push when its registry announces it, deployed, and reported on the commit', async () => {
    await start();
    registry.push('acme/web', '1.0.0');
    const first = await testbed.push({ 'apps/web.yaml': deployment('1.0.0') });
    await testbed.outcome(first, 'deployed');
    testbed.host.server.requests.splice(0);
    registry.push('acme/web', '1.1.0');
    const startMs = performance.now();
    // Whatever is announced together shares a commit.
    expect([await announce(), await announce(), await announce()]).toEqual([202, 202, 202]);
    const written = await testbed.logged(({ message }) => message === 'image');
    const revision = String(written['revision']);
    await testbed.outcome(revision, 'deployed');
    expect(performance.now() - startMs).toBeLessThan(30_000);
    expect(await imageOf('web')).toBe('/acme/web:1.1.0');
    expect(pushes()).toEqual([
      'GET /acme/fleet.git/info/refs?service=git-receive-pack',
      'POST /acme/fleet.git/git-receive-pack',
    ]);
    await testbed.host.settled();
    await vi.waitFor(
      () => expect(testbed.host.statusesOf(revision).at(-1)).toMatchObject({ state: 'success' }),
      30_000,
    );
    await testbed.git('fetch', '-q', 'origin', 'main');
    expect(await testbed.git('rev-list', '--count', `${first}..FETCH_HEAD`)).toBe('1');
    expect(await testbed.git('show', 'FETCH_HEAD:apps/web.yaml')).toBe(deployment('1.1.0').trim());
  });

  it('is found by the poll of the sweep when the event is lost', async () => {
    await start({ interval: '1s' }, 300);
    registry.push('acme/web', '1.0.0');
    const first = await testbed.push({ 'apps/web.yaml': deployment('1.0.0') });
    await testbed.converged(first);
    registry.push('acme/web', '1.2.0');
    const revision = await commitAfter(first);
    await testbed.converged(revision);
    expect(await imageOf('web')).toBe('/acme/web:1.2.0');
  });

  it('is written by headgate sweep, which deploys it before it returns', async () => {
    await start({ interval: '1m' });
    registry.push('acme/web', '1.0.0');
    const first = await testbed.push({ 'apps/web.yaml': deployment('1.0.0') });
    await testbed.outcome(first, 'deployed');
    await testbed.stop();
    registry.push('acme/web', '1.3.0');
    const { code, stderr } = await testbed.headgate('sweep');
    expect([code, stderr]).toEqual([0, expect.stringContaining('"message":"image"')]);
    expect(await imageOf('web')).toBe('/acme/web:1.3.0');
  });
});

it('leaves a reverted version reverted through polls, events and a restart, and writes a newer one', async () => {
  await start({ interval: '1s' }, 200);
  registry.push('acme/web', '1.0.0');
  const first = await testbed.push({ 'apps/web.yaml': deployment('1.0.0') });
  await testbed.converged(first);
  registry.push('acme/web', '1.1.0');
  const written = await commitAfter(first);
  await testbed.converged(written);
  await testbed.git('reset', '-q', '--hard', 'FETCH_HEAD');
  await testbed.git('revert', '--no-edit', 'HEAD');
  await testbed.git('push', '-q', 'origin', 'HEAD:main');
  const reverted = await testbed.git('rev-parse', 'HEAD');
  await testbed.converged(reverted);
  const polls = () => testbed.log.filter(({ message }) => message === 'image-held').length;
  await vi.waitFor(() => expect(polls()).toBeGreaterThanOrEqual(3), 30_000);
  expect(await announce()).toBe(202);
  await testbed.stop();
  await testbed.start();
  const before = polls();
  await vi.waitFor(() => expect(polls()).toBeGreaterThanOrEqual(before + 2), 30_000);
  await testbed.git('fetch', '-q', 'origin', 'main');
  expect(await testbed.git('rev-parse', 'FETCH_HEAD')).toBe(reverted);
  expect(await imageOf('web')).toBe('/acme/web:1.0.0');
  registry.push('acme/web', '1.2.0');
  const newer = await commitAfter(reverted);
  await testbed.converged(newer);
  expect(await imageOf('web')).toBe('/acme/web:1.2.0');
});

it('writes a reverted version again after headgate images release', async () => {
  await start({ interval: '1m' });
  registry.push('acme/web', '1.0.0');
  await testbed.outcome(await testbed.push({ 'apps/web.yaml': deployment('1.0.0') }), 'deployed');
  await testbed.stop();
  registry.push('acme/web', '1.1.0');
  const sweep = async () => {
    expect((await testbed.headgate('sweep')).code).toBe(0);
    await testbed.git('fetch', '-q', 'origin', 'main');
    return /web:(\S+)/.exec(await testbed.git('show', 'FETCH_HEAD:apps/web.yaml'))?.[1];
  };
  expect(await sweep()).toBe('1.1.0');
  await testbed.git('reset', '-q', '--hard', 'FETCH_HEAD');
  await testbed.push({ 'apps/web.yaml': deployment('1.0.0') });
  expect(await sweep()).toBe('1.0.0');
  const { code, stdout } = await testbed.headgate('images', 'release', 'web');
  expect([code, stdout]).toEqual([
    0,
    'web is released in fleet: the next poll writes the version that its policy wants\n',
  ]);
  expect(await sweep()).toBe('1.1.0');
  const [again, missing] = [await testbed.headgate('images', 'release', 'wab'), 'Did you mean web?'];
  expect([again.code, again.stderr]).toEqual([64, expect.stringContaining(missing)]);
}, 120_000);
