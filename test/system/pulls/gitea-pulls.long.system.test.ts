import { afterAll, beforeAll, expect, it } from 'vitest';
import { configMap } from '../../rig/testbed/testbed.ts';
import { changesOf, configMapsIn, shownIn } from './compare.ts';
import { GiteaRig } from './gitea-rig.ts';

const BUILD_MS = 1_200_000;

let rig: GiteaRig;

beforeAll(async () => {
  rig = await GiteaRig.start();
  const names = Array.from({ length: 8 }, (_, n) => `c${n}`);
  const files = Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, configMap(name, { v: '0' })]));
  const first = await rig.push('main', files);
  await rig.logged((line) => line['revision'] === first && line['verdict'] !== undefined);
}, BUILD_MS);

afterAll(async () => {
  await rig.close();
});

it.each(['merge', 'squash', 'rebase'] as const)(
  'shows on a pull request of a real Gitea what its %s does, also when it is behind, in one comment',
  async (method) => {
    const behind = await rig.git('rev-parse', 'main');
    const n = ['merge', 'squash', 'rebase'].indexOf(method);
    const tip = await rig.push('main', { [`apps/main-${n}.yaml`]: configMap(`main-${n}`) });
    await rig.logged((line) => line['revision'] === tip && line['verdict'] !== undefined);
    await rig.git('checkout', '-q', '-b', method, behind);
    const head = await rig.push(method, {
      [`apps/c${n}.yaml`]: configMap(`c${n}`, { v: method }),
      [`apps/c${n + 3}.yaml`]: null,
      [`apps/new-${n}.yaml`]: configMap(`new-${n}`),
    });
    const number = await rig.open(method);
    await rig.logged((line) => line.message === 'planned' && line['head'] === head);
    const comments = await rig.comments(number);
    expect(comments).toHaveLength(1);
    const comment = comments[0]?.body ?? '';
    expect(shownIn(comment)).toEqual([`create new-${n}`, `prune c${n + 3}`, `update c${n}`]);
    expect(await rig.statuses(head)).toContainEqual(
      expect.objectContaining({ context: `headgate/plan/${rig.namespace}`, status: 'success' }),
    );
    const before = await configMapsIn(rig.namespace);
    await rig.merge(number, method);
    await rig.git('checkout', '-q', 'main');
    await rig.git('pull', '-q', 'origin', 'main');
    const merged = await rig.git('rev-parse', 'HEAD');
    await rig.logged((line) => line['revision'] === merged && line['verdict'] === 'deployed');
    expect(changesOf(before, await configMapsIn(rig.namespace))).toEqual(shownIn(comment));
  },
  120_000,
);
