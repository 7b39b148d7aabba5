import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { kubectl } from '../../rig/cluster/control-plane.ts';
import { deployment } from '../../rig/testbed/deployment.ts';
import { GiteaRig } from '../pulls/gitea-rig.ts';

/** The first run may build Gitea. */
const BUILD_MS = 1_200_000;
const WITHIN = { timeout: 60_000, interval: 200 };

let rig: GiteaRig;
const stage = (name: string) => `${rig.namespace}-${name}`;
const manifest = (name: string, tag: string) => ({
  [`apps/${name}/web.yaml`]: deployment(name, `ghcr.io/acme/web:${tag}`),
});

beforeAll(async () => {
  const target = (name: string) => ({ name: `NAMESPACE-${name}`, path: `apps/${name}`, wait: '20s' });
  const stages = ['NAMESPACE-staging', 'NAMESPACE-prod'];
  rig = await GiteaRig.start({
    targets: [target('staging'), { ...target('prod'), approval: 'plan' }],
    promotions: [{ name: 'shop', stages, via: 'pullRequest' }],
  });
  const first = await rig.push('main', { ...manifest('staging', '1.0.0'), ...manifest('prod', '1.0.0') });
  await approve(await status(first, /^pending waits for approval: 1 create/));
}, BUILD_MS);

afterAll(async () => {
  await rig.close();
});

/** The hash that a commit shows for prod, once its status matches. */
async function status(revision: string, matching: RegExp): Promise<string> {
  return vi.waitFor(async () => {
    const found = (await rig.statuses(revision)).find(({ context }) => context === `headgate/${stage('prod')}`);
    expect(`${found?.status} ${found?.description}`).toMatch(matching);
    return /approve ([0-9a-f]{7})$/.exec(found?.description ?? '')?.[1] ?? '';
  }, WITHIN);
}

async function approve(hash: string): Promise<void> {
  const { code, stderr } = await rig.headgate('deploy', stage('prod'), '--approve', hash);
  expect([code, stderr]).toEqual([0, expect.anything()]);
}

async function inProd(): Promise<string> {
  const path = '-o=jsonpath={.spec.template.spec.containers[0].image}';
  const { stdout } = await kubectl(inject('cluster'), ['-n', rig.namespace, 'get', 'deployment', 'prod', path]);
  return stdout.slice(stdout.lastIndexOf(':') + 1);
}

/** Pushes a version to staging, and waits for the plan of the pull request that promotes it. */
async function proposed(number: number, tag: string): Promise<void> {
  await rig.push('main', manifest('staging', tag));
  const { head } = await vi.waitFor(async () => {
    const found = await rig.pullRequest(number);
    expect(found.title).toBe(`Promote web ${tag} to ${stage('prod')}`);
    return found;
  }, WITHIN);
  await rig.logged((line) => line.message === 'planned' && line['head'] === head.sha);
}

async function merge(number: number, method: string): Promise<string> {
  await rig.merge(number, method);
  await rig.git('pull', '-q', '--rebase', 'origin', 'main');
  return rig.git('rev-parse', 'HEAD');
}

it('deploys the merge of a promotion whose plan was shown on a real Gitea, and another one once it is approved', async () => {
  await proposed(1, '1.1.0');
  await status(await merge(1, 'squash'), /^success 1 updated/);
  expect(await inProd()).toBe('1.1.0');
  const { stdout } = await rig.headgate('history', stage('prod'), '--output', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ outcomes: [{ approvedBy: '#1' }, { verdict: 'deployed' }] });

  await proposed(2, '1.2.0');
  // Stopped, it does not plan again before the merge.
  await rig.stop();
  for (const { id } of await rig.comments(2)) await rig.removeComment(id);
  const merged = await merge(2, 'merge');
  expect((await rig.headgate('sweep')).stderr).toContain('waits for approval');
  const hash = await status(merged, /^pending waits for approval: 1 update: Deployment prod; approve/);
  expect(await inProd()).toBe('1.1.0');
  const shown = await rig.headgate('promotions');
  expect(shown.stdout).toContain(`waits: ${stage('prod')}: ${merged.slice(0, 12)} waits for approval: 1 update`);
  await approve(hash);
  expect(await inProd()).toBe('1.2.0');
}, 240_000);
