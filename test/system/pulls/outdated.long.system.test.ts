import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { StoredPullRequest } from '../../rig/git-host/pull-requests/model.ts';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { PullRig } from './pull-rig.ts';

const REFRESHED = 20;
const BEYOND = 2;

let testbed: Testbed;
let rig: PullRig;

beforeAll(async () => {
  testbed = await Testbed.build({ target: { wait: '0s' }, pullRequests: { plan: true } });
  rig = new PullRig(testbed);
  testbed.host.users = [{ id: 11, login: 'ann', permission: 'write' }];
  await testbed.start();
  await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '0' }) }), 'deployed');
}, 60_000);

afterAll(async () => {
  await testbed.tearDown();
});

/** All branches in one push. */
async function openAll(count: number): Promise<readonly StoredPullRequest[]> {
  const names = Array.from({ length: count }, (_, n) => `pr-${n}`);
  for (const name of names) {
    await testbed.git('checkout', '-q', '-B', name, 'main');
    await testbed.write({ [`apps/${name}.yaml`]: configMap(name) });
    await testbed.git('add', '-A');
    await testbed.git('commit', '-q', '-m', name);
  }
  await testbed.git('push', '-q', 'origin', ...names);
  await testbed.git('checkout', '-q', 'main');
  const opened: StoredPullRequest[] = [];
  for (const branch of names) opened.push(await rig.pulls.open({ branch }));
  return opened;
}

it('plans the twenty newest pull requests again when their branch moves, and marks the others as outdated', async () => {
  const opened = await openAll(REFRESHED + BEYOND);
  for (const each of opened) await rig.shown(each);
  const tip = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
  await testbed.outcome(tip, 'deployed');
  const line = await testbed.logged(
    ({ message, pullRequests }) =>
      message === 'refresh-plans' && Array.isArray(pullRequests) && pullRequests.length > 0,
  );
  const numbers = opened.map(({ number }) => number);
  expect(line['pullRequests']).toEqual(numbers.slice(BEYOND).toReversed());
  const note = '> **Outdated:** `main` has moved since this was planned. Comment `/headgate plan` to plan again.';
  for (const each of opened.slice(BEYOND)) {
    const text = await rig.shown(each, tip);
    expect([each.number, text.includes('Outdated')]).toEqual([each.number, false]);
  }
  const outdated = opened.slice(0, BEYOND);
  for (const each of outdated) {
    const text = await vi.waitFor(
      () => {
        expect(rig.only(each)).toContain(`${note}\n\n### Headgate plan`);
        return rig.only(each);
      },
      { timeout: 30_000, interval: 50 },
    );
    // The plan stays below, for the tip that it was made for.
    expect(text).toContain('1 to create');
    expect(text).not.toContain(tip.slice(0, 12));
  }
  const [oldest] = outdated;
  if (oldest === undefined) throw new Error('none is outdated');
  rig.pulls.comment(oldest.number, { id: 11, login: 'ann', permission: 'write' }, '/headgate plan');
  expect(await rig.shown(oldest, tip)).not.toContain('Outdated');
}, 170_000);
