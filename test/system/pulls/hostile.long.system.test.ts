import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readBody, signBody } from '../../../src/pulls/comment/signed-body.ts';
import { FULL_NAME, KEY, Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { PullRig } from './pull-rig.ts';

const ANN = { id: 11, login: 'ann', permission: 'write' } as const;
const EVE = { id: 12, login: 'eve', permission: 'read' } as const;
const FORK = 'eve/fleet';

let testbed: Testbed;
let rig: PullRig;

beforeAll(async () => {
  const serviceAccount = 'NAMESPACE/planner';
  testbed = await Testbed.build({ target: { adopt: true }, pullRequests: { plan: true, forks: true, serviceAccount } });
  rig = new PullRig(testbed);
  testbed.host.users = [ANN, EVE];
  await testbed.start();
  const base = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }), 'apps/b.yaml': configMap('b') });
  await testbed.outcome(base, 'deployed');
  await testbed.host.createRepository(FORK);
});

afterAll(async () => {
  await testbed.tearDown();
});

async function fork(branch: string, files: Readonly<Record<string, string | null>>) {
  await rig.branch(branch, files);
  await testbed.git('push', '-q', '--force', testbed.host.cloneUrl(FORK), `${branch}:${branch}`);
  return rig.pulls.open({ branch, headRepository: FORK, user: EVE });
}

it('plans a fork as the service account for forks, and shows what that account may not do', async () => {
  const refused = await fork('fork-1', { 'apps/a.yaml': configMap('a', { v: 'fork' }) });
  const text = await rig.shown(refused);
  expect(text).toContain(`system:serviceaccount:${testbed.namespace}:planner`);
  expect(text).not.toContain('+ .data.v');
  await testbed.kubectl('-n', testbed.namespace, 'create', 'serviceaccount', 'planner');
  const account = `--serviceaccount=${testbed.namespace}:planner`;
  await testbed.kubectl('-n', testbed.namespace, 'create', 'rolebinding', 'planner', '--clusterrole=admin', account);
  await vi.waitFor(
    async () => {
      const comment = rig.pulls.comment(refused.number, ANN, '/headgate plan');
      expect(await rig.answered(comment)).toBe('+1');
      expect(rig.only(refused)).toContain('+ .data.v: "fork"');
    },
    { timeout: 30_000, interval: 200 },
  );
}, 90_000);

it('shows values only of objects that the target owns', async () => {
  await testbed.applyByHand(configMap('foreign', { v: 'somebody-elses-value' }));
  const pullRequest = await rig.open('foreign', { 'apps/foreign.yaml': configMap('foreign', { v: 'mine' }) });
  const text = await rig.shown(pullRequest);
  expect(text).toContain('| `update: its values are not shown, because this target does not own it yet` |');
  expect(text).not.toContain('somebody-elses-value');
}, 90_000);

it('neither takes a copy of its comment for its own, nor shows again what was edited into its own', async () => {
  const pullRequest = await rig.open('forged', { 'apps/c.yaml': configMap('c') });
  const body = await rig.shown(pullRequest);
  const forged = body.replace('1 to create', '0 to create, and all is well');
  const copy = rig.pulls.comment(pullRequest.number, EVE, body);
  const [own] = rig.comments(pullRequest);
  if (own === undefined) throw new Error('no comment');
  rig.pulls.edit(own.id, forged);
  const help = rig.pulls.comment(pullRequest.number, EVE, '/headgate help');
  await rig.answered(help);
  expect(rig.only(pullRequest)).not.toContain('all is well');
  const again = rig.pulls.comment(pullRequest.number, ANN, '/headgate plan');
  await rig.answered(again);
  expect(rig.only(pullRequest)).toContain('1 to create');
  rig.pulls.remove(own.id);
  const last = rig.pulls.comment(pullRequest.number, ANN, '/headgate plan');
  await rig.answered(last);
  expect(rig.only(pullRequest)).toContain('1 to create');
  expect(copy.body).toBe(body);
}, 90_000);

it('does not take a copy of its first comment, which named no account yet, for its own', async () => {
  await rig.branch('first', { 'apps/f.yaml': configMap('f') });
  const pullRequest = await rig.pulls.open({ branch: 'first', user: EVE });
  const early = rig.pulls.comment(pullRequest.number, EVE, 'I was here first.');
  const shown = readBody(await rig.shown(pullRequest), [KEY]);
  if (shown === null || shown.facts.author === null) throw new Error('the comment names its account');
  // The history of edits shows it to everyone.
  const first = signBody(shown.content ?? '', { ...shown.facts, author: null }, [KEY]);
  rig.pulls.edit(early.id, first);
  const late = rig.pulls.comment(pullRequest.number, EVE, first);
  const head = await rig.branch('first', { 'apps/g.yaml': configMap('g') }, 'first');
  await rig.pulls.pushed(FULL_NAME, 'first', head);
  await rig.planned(pullRequest);
  expect(rig.only(pullRequest)).toContain('2 to create');
  expect([early.body, late.body]).toEqual([first, first]);
}, 90_000);

it('ignores a command that was edited into a comment, and answers one that does not exist', async () => {
  const pullRequest = await rig.open('edited', { 'apps/d.yaml': configMap('d') });
  await rig.shown(pullRequest);
  const comment = rig.pulls.comment(pullRequest.number, ANN, '/headgate deploy @acme/all <b>');
  expect(await rig.answered(comment)).toBe('-1');
  expect(rig.only(pullRequest)).toContain('> `/headgate deploy @acme/all <b>` is not a command.');
  const edited = rig.pulls.comment(pullRequest.number, ANN, '/headgate plan');
  rig.pulls.edit(edited.id, '/headgate plan now');
  await testbed.logged(
    (line) =>
      (line.message === 'plan-ignored' && line['reason'] === 'the comment has no command, or was edited') ||
      (edited.reactions.length > 0 && line['pullRequest'] === pullRequest.number),
  );
  expect(edited.body).toBe('/headgate plan now');
}, 90_000);

it('plans ten pushes within a second a few times, and ends with the last one in one comment', async () => {
  const pullRequest = await rig.open('fast', { 'apps/e.yaml': configMap('e', { n: '0' }) });
  await rig.planned(pullRequest);
  const heads: string[] = [];
  for (let n = 1; n <= 10; n += 1)
    heads.push(await rig.branch(`fast-${n}`, { 'apps/e.yaml': configMap('e', { n: String(n) }) }));
  const planned = () =>
    testbed.log.filter((line) => line['pullRequest'] === pullRequest.number && line['head'] !== undefined);
  const before = planned().length;
  for (const head of heads) await rig.pulls.pushed(FULL_NAME, 'fast', head);
  await rig.planned(pullRequest);
  expect(planned().length - before).toBeLessThan(heads.length);
  expect(rig.only(pullRequest)).toContain(`Plan of \`${pullRequest.head.slice(0, 12)}\``);
}, 90_000);

it('cuts the comment of a value of 700 KB, and says how to see the rest', async () => {
  const pullRequest = await rig.open('large', {
    'apps/a.yaml': configMap('a', { v: 'x'.repeat(700_000), w: 'line\n'.repeat(2_000) }),
    ...Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`apps/n${n}.yaml`, configMap(`n${n}`)])),
  });
  const text = await rig.shown(pullRequest);
  expect(text.length).toBeLessThan(65_536);
  expect(text).toContain('100 to create, 1 to update');
  expect(text).toMatch(/more characters\)/);
}, 90_000);
