import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { kubectl } from '../rig/cluster/control-plane.ts';
import { startSmallRegistry } from '../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../rig/registry/small-registry.ts';
import { deployment } from '../rig/testbed/deployment.ts';
import { GITEA_BUILD_MS, GiteaTestbed } from './gitea-testbed.ts';

let testbed: GiteaTestbed;
let registry: SmallRegistry;

beforeAll(async () => {
  [registry, testbed] = await Promise.all([startSmallRegistry(), GiteaTestbed.start()]);
  registry.push('acme/web', '1.0.0');
  registry.push('acme/api', '1.0.0');
  await testbed.push('main', { 'apps/web.yaml': manifest('web', '1.0.0'), 'apps/api.yaml': manifest('api', '1.0.0') });
  const images = [image('web', 'pullRequest'), image('api', 'api')];
  await testbed.serve({ repository: { write: 'env:FLEET_TOKEN' }, file: { images }, sweepIntervalMs: 300 });
  await deployed('web', '1.0.0');
  await deployed('api', '1.0.0');
}, GITEA_BUILD_MS);

afterAll(async () => {
  await testbed.close();
  await registry.close();
});

const image = (name: string, via: string) => ({
  name,
  image: `${registry.host}/acme/${name}`,
  policy: { semver: '^1.0.0' },
  interval: '1s',
  debounce: '0s',
  writes: [{ repository: 'fleet', branch: 'main', via }],
});

const manifest = (name: string, tag: string) => deployment(name, `${registry.host}/acme/${name}:${tag}`);

const WAIT = { timeout: 60_000, interval: 100 };
const recent = () => JSON.stringify(testbed.log.slice(-6), null, 1);

async function deployed(name: string, tag: string): Promise<void> {
  const path = '-o=jsonpath={.spec.template.spec.containers[0].image}';
  const args = ['-n', testbed.namespace, 'get', 'deployment', name, '--ignore-not-found', path];
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
  const found = z.parse(Pulls, await testbed.gitea.api('GET', '/repos/robot/fleet/pulls?state=all'));
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
    await testbed.git('fetch', '-q', 'origin', 'headgate/update-images/main');
    expect(await testbed.git('show', 'FETCH_HEAD:apps/web.yaml')).toBe(manifest('web', '1.2.0').trim());
    // Gitea tries the merge in the background first.
    await vi.waitFor(() => testbed.gitea.api('POST', '/repos/robot/fleet/pulls/1/merge', { Do: 'merge' }), WAIT);
    await deployed('web', '1.2.0');
    registry.push('acme/web', '1.3.0');
    await proposed('Update web to 1.2.0', 'Update web to 1.3.0');
    const page = `${testbed.gitea.url}/robot/fleet/pulls/2`;
    const isLogged = () =>
      testbed.log.some((line) => line.message === 'image-proposed' && line['pullRequest'] === page);
    await vi.waitFor(() => expect(isLogged(), recent()).toBe(true), WAIT);
    await testbed.gitea.api('PATCH', '/repos/robot/fleet/pulls/2', { state: 'closed' });
    const held = () => testbed.log.filter(({ message }) => message === 'image-held').length;
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
          testbed.log.some((line) => line.message === 'image'),
          recent(),
        ).toBe(true),
      WAIT,
    );
    await testbed.git('fetch', '-q', 'origin', 'main', '+refs/headgate/images/api:record');
    const message = await testbed.git('log', '-1', '--format=%B', 'record');
    const [, revision = ''] = /^Headgate-Commit: (\S+)$/m.exec(message) ?? [];
    expect(await testbed.git('show', `${revision}:apps/api.yaml`)).toBe(manifest('api', '1.1.0').trim());
    expect(await testbed.git('log', '-1', '--format=%an %ae %s', revision)).toBe(
      'headgate headgate@localhost Update api to 1.1.0',
    );
  }, 100_000);
});
