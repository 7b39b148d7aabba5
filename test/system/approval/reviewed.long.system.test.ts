import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StoredPullRequest } from '../../rig/git-host/pull-requests/model.ts';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { PullRig } from '../pulls/pull-rig.ts';

let testbed: Testbed;
let rig: PullRig;

afterEach(async () => {
  await testbed.tearDown();
});

async function build(): Promise<void> {
  testbed = await Testbed.build({ target: { approval: 'plan', wait: '0s' }, pullRequests: { plan: true } });
  rig = new PullRig(testbed);
  await testbed.start();
  const first = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
  await approve(await pendingOn(first, /^pending waits for approval: 1 create/));
}

async function pendingOn(revision: string, matching: RegExp): Promise<string> {
  return vi.waitFor(
    () => {
      const found = testbed.host.statusesOf(revision).filter(({ context }) => !context.includes('/plan/'));
      const last = found.at(-1);
      expect(`${last?.state} ${last?.description}`).toMatch(matching);
      return /approve ([0-9a-f]{7})$/.exec(last?.description ?? '')?.[1] ?? '';
    },
    { timeout: 60_000, interval: 50 },
  );
}

async function approve(hash: string): Promise<void> {
  const approved = await testbed.headgate('deploy', testbed.namespace, '--approve', hash);
  expect([approved.code, approved.stderr]).toEqual([0, expect.anything()]);
}

const value = async () => (await testbed.configMaps())['a']?.['v'];
const change = (name: string, v: string) => rig.open(name, { 'apps/a.yaml': configMap('a', { v }) });
const mark = (pullRequest: StoredPullRequest) => rig.comments(pullRequest)[0]?.id ?? 0;

describe('the plan that was shown on a pull request', () => {
  it.each(['merge', 'squash', 'rebase'] as const)(
    'is deployed by its %s, without another approval',
    async (method) => {
      await build();
      const pullRequest = await change('two', '2');
      expect(await rig.shown(pullRequest)).toMatch(/Hash: `t-\w+` `[0-9a-f]{7}`/);
      const merged = await rig.pulls.merge(pullRequest.number, method);
      await pendingOn(merged, /^success 1 updated/);
      expect(await value()).toBe('2');
    },
    120_000,
  );

  it('is not deployed when the cluster, the branch or the comment has changed since', async () => {
    await build();
    const one = await change('three', '3');
    await rig.shown(one);
    await testbed.kubectl('-n', testbed.namespace, 'delete', 'configmap', 'a');
    const first = await rig.pulls.merge(one.number, 'merge');
    const hash = await pendingOn(first, /^pending the plan changed since it was reviewed on #1: 1 create: ConfigMap a/);
    expect(await value()).toBeUndefined();
    await approve(hash);
    expect(await value()).toBe('3');
    await testbed.git('pull', '-q', 'origin', 'main');

    const two = await change('four', '4');
    const other = await rig.open('five', { 'apps/b.yaml': configMap('b', { v: '5' }) });
    await rig.shown(two);
    await rig.shown(other);
    rig.pulls.edit(mark(two), `${rig.only(two)}\nLooks fine.`);
    const edited = await rig.pulls.merge(two.number, 'merge');
    await pendingOn(edited, /^pending waits for approval: 1 update: ConfigMap a/);
    // Both merges are not deployed: only the whole of them can be approved.
    const both = await rig.pulls.merge(other.number, 'merge');
    await approve(await pendingOn(both, /^pending the plan changed since it was reviewed on #3: 1 create, 1 update/));
    expect(await value()).toBe('4');
  }, 180_000);

  it('is approved after the merge by a comment of another person who may write, and of no other', async () => {
    await build();
    const ann = { id: 11, login: 'ann', permission: 'write' } as const;
    const bob = { id: 12, login: 'bob', permission: 'write' } as const;
    const eve = { id: 13, login: 'eve', permission: 'read' } as const;
    testbed.host.users = [ann, bob, eve];
    const pullRequest = await rig.open('six', { 'apps/a.yaml': configMap('a', { v: '6' }) }, { user: ann });
    await rig.shown(pullRequest);
    const early = rig.pulls.comment(pullRequest.number, bob, '/headgate approve 0123456');
    expect(await rig.answered(early)).toBe('-1');
    await testbed.kubectl('-n', testbed.namespace, 'delete', 'configmap', 'a');
    const merged = await rig.pulls.merge(pullRequest.number, 'merge');
    const hash = await pendingOn(merged, /^pending the plan changed since it was reviewed on #1: 1 create/);
    const say = (user: typeof ann | typeof bob | typeof eve, body: string) =>
      rig.answered(rig.pulls.comment(pullRequest.number, user, body));
    expect(await say(eve, `/headgate approve ${hash}`)).toBe('-1');
    expect(await say(ann, `/headgate approve ${hash}`)).toBe('-1');
    expect(await say(bob, '/headgate approve 0000000')).toBe('+1');
    expect(await value()).toBeUndefined();
    expect(await say(bob, `/headgate approve ${hash}`)).toBe('+1');
    await pendingOn(merged, /^success 1 created/);
    expect(await value()).toBe('6');
  }, 180_000);
});
