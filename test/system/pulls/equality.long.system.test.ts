import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { randomFrom } from '../../rig/chaos/random.ts';
import type { MergeMethod } from '../../rig/git-host/pull-requests/model.ts';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { changesOf, configMapsIn, shownIn } from './compare.ts';
import { PullRig } from './pull-rig.ts';

/** `HEADGATE_TEST_PULLS=200 npm test -- test/system/pulls/equality` is the long form. */
const COUNT = Number(process.env['HEADGATE_TEST_PULLS'] ?? 10);
const SEED = Number(process.env['HEADGATE_TEST_SEED'] ?? 20261);
const PLAIN = Array.from({ length: 16 }, (_, n) => `apps/${n % 4}/c${n}.yaml`);
const BASE = ['one', 'two', 'three'].map((name) => `base/${name}.yaml`);

/** A whole number from 0 to below the count. */
type Below = (count: number) => number;
type Files = Readonly<Record<string, string | null>>;

let testbed: Testbed;
let rig: PullRig;

beforeAll(async () => {
  const targets = [
    { name: 'NAMESPACE-plain', path: 'apps' },
    { name: 'NAMESPACE-overlay', path: 'overlay', inputs: ['base'] },
  ];
  testbed = await Testbed.build({ targets, pullRequests: { plan: true } });
  rig = new PullRig(testbed);
  await testbed.start();
  const first = await testbed.push({
    ...Object.fromEntries(PLAIN.map((path, n) => [path, configMap(`c${n}`, { v: '0' })])),
    ...Object.fromEntries(BASE.map((path) => [path, configMap(nameOf(path), { v: '0' })])),
    'base/kustomization.yaml': 'resources: [one.yaml, two.yaml, three.yaml]\n',
    'overlay/kustomization.yaml': 'resources: [../base, own.yaml]\nnamePrefix: o-\n',
    'overlay/own.yaml': configMap('own', { v: '0' }),
  });
  await settled(first, targets.length);
}, 120_000);

afterAll(async () => {
  await testbed.tearDown();
});

const nameOf = (path: string) => path.replace(/^.*\//, '').replace('.yaml', '');

/** Waits until that many targets have an outcome of the commit. */
async function settled(revision: string, count: number): Promise<void> {
  await vi.waitFor(
    () => {
      const of = testbed.log.filter((line) => line['verdict'] !== undefined && line['revision'] === revision);
      if (of.length < count) throw new Error(`${of.length} of ${count} outcomes of ${revision}`);
    },
    { timeout: 60_000, interval: 20 },
  );
}

/** One to four random changes of what main has now. */
async function randomEdits(below: Below): Promise<Files> {
  const now = (await testbed.git('ls-tree', '-r', '--name-only', 'main')).split('\n');
  const plain = now.filter((path) => path.startsWith('apps/'));
  const edits: Record<string, string | null> = {};
  for (let n = below(4); n >= 0; n -= 1) {
    const path = plain[below(plain.length)] ?? '';
    const value = { v: String(below(1_000_000)) };
    const content = await testbed.git('show', `main:${path}`);
    switch (below(5)) {
      case 0:
        edits[path] = null;
        break;
      case 1: {
        edits[path] = null;
        edits[`apps/moved/${nameOf(path)}-${below(1000)}.yaml`] = `${content}\n`;
        break;
      }
      case 2:
        edits[`apps/new/n${below(100_000)}.yaml`] = configMap(`n${below(100_000)}`, value);
        break;
      case 3: {
        const base = BASE[below(BASE.length)] ?? '';
        edits[base] = configMap(nameOf(base), value);
        break;
      }
      default:
        edits[path] = content.replace(/data: .*/, `data: ${JSON.stringify(value)}`) + '\n';
    }
  }
  return edits;
}

it(
  `shows on ${COUNT} random pull requests exactly what their merges then do, object for object`,
  async () => {
    const next = randomFrom(SEED);
    const below: Below = (count) => Math.floor(next() * count);
    const refused: string[] = [];
    let [compared, changes] = [0, 0];
    for (let n = 0; n < COUNT; n += 1) {
      const behind = await testbed.git('rev-parse', 'main');
      const edits = await randomEdits(below);
      await rig.branch(`pr-${n}`, edits, behind);
      if (below(2) === 0) {
        const moved = await testbed.push({ [`apps/main/m${n}.yaml`]: configMap(`m${n}`) });
        await settled(moved, 1);
        if (below(3) === 0) {
          await testbed.git('checkout', '-q', `pr-${n}`);
          await testbed.git('merge', '-q', '-m', 'merge main', 'main');
          await testbed.git('push', '-q', 'origin', `HEAD:pr-${n}`);
          await testbed.git('checkout', '-q', 'main');
        }
      }
      const pullRequest = await rig.pulls.open({ branch: `pr-${n}` });
      // Half of them as on a host that has not tried the merge.
      const isTried = below(2) === 0;
      if (!isTried) pullRequest.mergeRevision = null;
      const line = await rig.planned(pullRequest);
      const targets = line['targets'] as readonly string[];
      const comment = rig.comments(pullRequest)[0]?.body ?? '';
      if (/would be refused|Not planned/.test(comment)) {
        refused.push(comment.slice(0, 2_000));
        rig.pulls.close(pullRequest.number);
        continue;
      }
      const before = await configMapsIn(testbed.namespace);
      const method: MergeMethod = below(2) === 0 ? 'merge' : 'squash';
      const merged = await rig.pulls.merge(pullRequest.number, method);
      await testbed.git('pull', '-q', 'origin', 'main');
      await settled(merged, targets.length);
      const what = `pull request ${n} (${isTried ? 'tried' : 'not tried'}, ${method}): ${JSON.stringify(edits)}`;
      expect(changesOf(before, await configMapsIn(testbed.namespace)), what).toEqual(shownIn(comment));
      compared += 1;
      changes += shownIn(comment).length;
    }
    expect(refused.length, refused.join('\n\n')).toBeLessThanOrEqual(COUNT / 5);
    expect(changes).toBeGreaterThan(COUNT);
    process.stderr.write(
      `${changes} changes of ${compared} of ${COUNT} pull requests compared, ${refused.length} refused\n`,
    );
  },
  60_000 + COUNT * 20_000,
);
