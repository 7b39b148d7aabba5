import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readPlan } from '../../../src/cli/commands/plan.ts';
import { runTarget } from '../../../src/deploy/requests/run-target.ts';
import { randomFrom } from '../../rig/chaos/random.ts';
import type { MergeMethod, StoredPullRequest } from '../../rig/git-host/pull-requests/model.ts';
import { FULL_NAME, SECRET, Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { changesOf, configMapsIn, shownIn } from '../pulls/compare.ts';
import { PullRig } from '../pulls/pull-rig.ts';

/** One pull request, what happens between its plan and its merge, and the objects that only it uses. */
interface Case {
  readonly pullRequest: StoredPullRequest;
  /** What the pull request does: update, prune and create. `bystander`: nothing. */
  readonly objects: Readonly<Record<'updated' | 'pruned' | 'created' | 'bystander', string>>;
  readonly value: string;
}

type Change = (of: Case) => Promise<unknown>;

const inNamespace = (...args: readonly string[]) => testbed.kubectl('-n', testbed.namespace, ...args);
const edit = (name: string, patch: object) =>
  inNamespace('patch', 'configmap', name, '--type=merge', '-p', JSON.stringify(patch));
const onMain = (path: string, name: string, value: string) => testbed.push({ [path]: configMap(name, { v: value }) });

/** The plan stays the same, so the merge is deployed. */
const HARMLESS: Readonly<Record<string, Change>> = {
  'nothing changes': () => Promise.resolve(),
  'a field of another object is edited': ({ objects }) => edit(objects.bystander, { data: { w: 'by-hand' } }),
  'another object is deleted': ({ objects }) => inNamespace('delete', 'configmap', objects.bystander),
  'another object is created': ({ objects }) => inNamespace('create', 'configmap', `${objects.created}-other`),
  'the object that is pruned is deleted': ({ objects }) => inNamespace('delete', 'configmap', objects.pruned),
  'a label is added to the object that is updated': ({ objects }) =>
    edit(objects.updated, { metadata: { labels: { team: 'red' } } }),
  'the branch gets a file outside the target': ({ value }) => testbed.push({ [`docs/${value}.md`]: value }),
  'the branch gets the same update first': ({ objects, value }) =>
    onMain(`apps/${objects.updated}.yaml`, objects.updated, value),
};

/** The merge would do something else than what was shown, so nothing is written. */
const HARMFUL: Readonly<Record<string, Change>> = {
  'the object that is updated is deleted': ({ objects }) => inNamespace('delete', 'configmap', objects.updated),
  'the field that is updated is edited': ({ objects }) => edit(objects.updated, { data: { v: 'by-hand' } }),
  'the object that is created exists already': ({ objects }) => inNamespace('create', 'configmap', objects.created),
  'the branch changes another object': ({ objects, value }) =>
    onMain(`apps/${objects.bystander}.yaml`, objects.bystander, value),
  'the branch drops another object': ({ objects }) => testbed.push({ [`apps/${objects.bystander}.yaml`]: null }),
  'the branch adds an object': ({ objects, value }) =>
    onMain(`apps/extra-${objects.updated}.yaml`, `extra-${objects.updated}`, value),
  'a setting of the target is changed': async ({ value }) => {
    await testbed.stop();
    target['exclude'] = [`never-${value}/**`];
    await testbed.start();
  },
  'the shown plan is edited': async ({ pullRequest }) => {
    const [comment] = rig.comments(pullRequest);
    rig.pulls.edit(comment?.id ?? 0, edited(comment?.body ?? ''));
  },
  // Its delivery is lost, so the comment still shows the plan of the head before.
  'the pull request is pushed to and not planned again': async ({ pullRequest: { branch }, objects }) => {
    const webhook = { url: `${testbed.address}/webhooks/fleet`, secret: SECRET };
    testbed.host.setWebhook(FULL_NAME, { ...webhook, events: ['push'] });
    await rig.branch(branch, { [`apps/late-${objects.created}.yaml`]: configMap(`late-${objects.created}`) }, branch);
    testbed.host.setWebhook(FULL_NAME, { ...webhook, events: ['push', 'pull_request', 'issue_comment'] });
  },
};

const KINDS = [
  ...Object.entries(HARMLESS).map(([name, change]) => ({ name, change, isHarmless: true })),
  ...Object.entries(HARMFUL).map(([name, change]) => ({ name, change, isHarmless: false })),
];

/** `HEADGATE_TEST_CHANGED_PULLS=50 npm test -- test/system/approval/changed-between` is the long form. */
const COUNT = Number(process.env['HEADGATE_TEST_CHANGED_PULLS'] ?? 6);
const SEED = Number(process.env['HEADGATE_TEST_SEED'] ?? 20262);

const target: Record<string, unknown> = { approval: 'plan', wait: '0s' };
let testbed: Testbed;
let rig: PullRig;

const edited = (body: string) => `${body}\nLooks fine.`;
const nameOf = (n: number, what: string) => `p${n}-${what}`;

beforeAll(async () => {
  testbed = await Testbed.build({ target, pullRequests: { plan: true } });
  rig = new PullRig(testbed);
  await testbed.start();
  const names = Array.from({ length: COUNT }, (_, n) =>
    ['updated', 'pruned', 'bystander'].map((what) => nameOf(n, what)),
  );
  await testbed.push(
    Object.fromEntries(names.flat().map((name) => [`apps/${name}.yaml`, configMap(name, { v: '0' })])),
  );
  await approveTip();
}, 120_000);

afterAll(async () => {
  await testbed.tearDown();
});

/** Deploys the tip with the approval of its plan. What is in its way is deleted before. */
async function approveTip(): Promise<void> {
  const runtime = testbed.runtime();
  const [own] = runtime.config.targets;
  if (own === undefined) throw new Error('no target');
  // Serve may be planning it, under the lease, and what it ends with changes the plan.
  const isDeployed = async () => {
    const signal = AbortSignal.timeout(30_000);
    const { hash, refusals } = await readPlan({ target: own, at: null, directory: null }, runtime, signal);
    expect(refusals).toEqual([]);
    const approval = hash === null ? {} : { approval: { hash, by: 'test' } };
    const request = { target: own, trigger: { kind: 'cli' }, hint: null, at: new Date().toISOString() } as const;
    expect(await runTarget({ ...request, ...approval }, runtime, signal)).toMatchObject({
      kind: 'done',
      report: { verdict: expect.stringMatching(/^(deployed|unchanged)$/) },
    });
  };
  try {
    await vi.waitFor(isDeployed, { timeout: 60_000, interval: 250 });
  } finally {
    runtime.close();
  }
}

/** The outcome on the commit, `success` or not, once its run has ended. */
async function endOf(revision: string): Promise<string> {
  return vi.waitFor(
    () => {
      const found = testbed.host
        .statusesOf(revision)
        .filter(({ context }) => context === `headgate/${testbed.namespace}`);
      const { state = 'none', description = '' } = found.at(-1) ?? {};
      if (state === 'none' || (state === 'pending' && !/approv/.test(description)))
        throw new Error(`${revision} is ${state}: ${description} ${JSON.stringify(testbed.log.slice(-4), null, 1)}`);
      return `${state}: ${description}`;
    },
    { timeout: 60_000, interval: 20 },
  );
}

/** A sample has as many of both, each kind at most once; the long form has all of them in turn. */
function drawn(): readonly (typeof KINDS)[number][] {
  const next = randomFrom(SEED);
  const shuffled = (isHarmless: boolean) =>
    KINDS.filter((kind) => kind.isHarmless === isHarmless)
      .map((kind) => ({ kind, at: next() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ kind }) => kind);
  const [harmless, harmful] = [shuffled(true), shuffled(false)];
  return Array.from({ length: COUNT }, (_, n) => {
    const from = n % 2 === 0 ? harmless : harmful;
    const kind = from[Math.floor(n / 2) % from.length];
    if (kind === undefined) throw new Error('no kind');
    return kind;
  });
}

it(
  `lets none of ${COUNT} merges through whose effect is not the plan that was shown, and every one whose plan stayed the same`,
  async () => {
    const next = randomFrom(SEED + 1);
    const passed: string[] = [];
    const stopped: string[] = [];
    for (const [n, { name, change, isHarmless }] of drawn().entries()) {
      const objects = {
        updated: nameOf(n, 'updated'),
        pruned: nameOf(n, 'pruned'),
        created: nameOf(n, 'created'),
        bystander: nameOf(n, 'bystander'),
      };
      const value = `v${n}`;
      const pullRequest = await rig.open(`pr-${n}`, {
        [`apps/${objects.updated}.yaml`]: configMap(objects.updated, { v: value }),
        [`apps/${objects.pruned}.yaml`]: null,
        [`apps/${objects.created}.yaml`]: configMap(objects.created, { v: value }),
      });
      const comment = await rig.shown(pullRequest);
      expect(shownIn(comment)).toEqual([
        `create ${objects.created}`,
        `prune ${objects.pruned}`,
        `update ${objects.updated}`,
      ]);
      const shown = await configMapsIn(testbed.namespace);
      await change({ pullRequest, objects, value });
      const before = await configMapsIn(testbed.namespace);
      const method =
        (['merge', 'squash', 'rebase'] as const)[Math.floor(next() * 3)] ?? ('merge' satisfies MergeMethod);
      const merged = await rig.pulls.merge(pullRequest.number, method);
      const end = await endOf(merged);
      const what = `${n}: ${name} (${method}), which ended as ${end}`;
      const after = await configMapsIn(testbed.namespace);
      const own = new Set([objects.updated, objects.pruned, objects.created]);
      // Of the objects of the pull request since its plan was shown, and of all others since the merge.
      const since = Object.fromEntries([
        ...Object.entries(before).filter(([each]) => !own.has(each)),
        ...Object.entries(shown).filter(([each]) => own.has(each)),
      ]);
      const effect = changesOf(isHarmless ? since : before, after);
      // The deploy before may have had it planned again after the change: then that plan was shown, and is deployed.
      const last = rig.only(pullRequest);
      const isRefreshed = ![comment, edited(comment)].includes(last);
      const isLet = isHarmless || (isRefreshed && end.startsWith('success'));
      expect([what, effect]).toEqual([what, isLet ? shownIn(isHarmless ? comment : last) : []]);
      expect(`${what}: ${end.startsWith('success')}`).toBe(`${what}: ${isLet}`);
      (isLet ? passed : stopped).push(name);
      await testbed.git('pull', '-q', 'origin', 'main');
      if (isLet) continue;
      // So that the next one begins with a target that is at its tip.
      await inNamespace('delete', 'configmap', '--ignore-not-found', objects.updated, objects.created);
      await approveTip();
    }
    process.stderr.write(
      `${passed.length} of ${COUNT} merges were deployed as shown (${new Set(passed).size} kinds of change), ${stopped.length} were stopped (${new Set(stopped).size} kinds)\n`,
    );
  },
  60_000 + COUNT * 30_000,
);
