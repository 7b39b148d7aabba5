import { afterEach, expect, it, vi } from 'vitest';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { PullRig } from './pull-rig.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

const ANN = { id: 11, login: 'ann', permission: 'write' } as const;
const EVE = { id: 13, login: 'eve', permission: 'read' } as const;

it('a target is held and released by comments of people who may write, and of no other', async () => {
  testbed = await Testbed.build({
    targets: [{ wait: '0s' }, { name: 'other', path: 'apps', branch: 'release', namespaces: ['NAMESPACE'] }],
    pullRequests: { plan: true },
  });
  testbed.host.users = [ANN, EVE];
  const { namespace } = testbed;
  const rig = new PullRig(testbed);
  await testbed.start();
  const map = (v: string) => ({ 'apps/a.yaml': configMap('a', { v }) });
  const value = async () => (await testbed.configMaps())['a']?.['v'];
  const last = (revision: string) => {
    const { state, description } = testbed.host.statusesOf(revision).at(-1) ?? { state: 'none', description: '' };
    return `${state} ${description}`;
  };
  const lastStatus = (revision: string, matching: RegExp) =>
    vi.waitFor(() => expect(last(revision)).toMatch(matching), { timeout: 30_000, interval: 50 });
  await lastStatus(await testbed.push(map('1')), /^success/);

  const pullRequest = await rig.open('two', { 'apps/b.yaml': configMap('b') }, { user: ANN });
  await rig.shown(pullRequest);
  const say = (user: typeof ANN | typeof EVE, body: string) =>
    rig.answered(rig.pulls.comment(pullRequest.number, user, body));
  const shows = (text: RegExp) =>
    vi.waitFor(() => expect(rig.only(pullRequest)).toMatch(text), { timeout: 30_000, interval: 50 });

  expect(await say(EVE, `/headgate hold ${namespace} mine`)).toBe('-1');
  await shows(
    /\n> Only accounts with write access to the repository may hold and release targets, and `eve` has none\./,
  );
  expect(await say(ANN, '/headgate hold nothing incident')).toBe('-1');
  expect(await say(ANN, '/headgate hold other incident')).toBe('-1');
  await shows(/\n> `other` is not a target that follows `main`\./);
  expect(await say(ANN, `/headgate hold ${namespace} incident 4711 @acme/all`)).toBe('+1');
  await shows(/\n> `t-\w+` is `held by ann since .*: incident 4711 @acme\/all.*`\./);

  const held = await testbed.push(map('2'));
  await lastStatus(held, /^pending held by ann since .*: incident 4711 @acme\/all/);
  expect(await value()).toBe('1');
  expect(await say(EVE, `/headgate release ${namespace}`)).toBe('-1');
  expect(await value()).toBe('1');

  await rig.pulls.merge(pullRequest.number, 'merge');
  expect(await say(ANN, `/headgate release ${namespace}`)).toBe('+1');
  await vi.waitFor(async () => expect(await value()).toBe('2'), { timeout: 30_000, interval: 50 });
  const events = testbed.log.filter(({ message }) => message === 'held' || message === 'hold-ended');
  expect(events.map(({ message, target, by }) => [message, target, by])).toEqual([
    ['held', namespace, 'ann'],
    ['hold-ended', namespace, 'ann'],
  ]);
}, 180_000);

it('each comment holds and releases once, also when the host delivers it again', async () => {
  testbed = await Testbed.build({ targets: [{ wait: '0s' }], pullRequests: { plan: true } });
  testbed.host.users = [ANN];
  const { namespace, host } = testbed;
  const rig = new PullRig(testbed);
  await testbed.start();
  await testbed.converged(await testbed.push({ 'apps/a.yaml': configMap('a') }));
  const pullRequest = await rig.open('one', { 'apps/b.yaml': configMap('b') }, { user: ANN });
  await rig.shown(pullRequest);
  const say = async (body: string) => {
    expect(await rig.answered(rig.pulls.comment(pullRequest.number, ANN, body))).toBe('+1');
  };
  const deliveryOf = (body: string) => {
    const found = host.deliveries.findLast(({ event, payload }) => event === 'issue_comment' && payload.includes(body));
    if (found === undefined) throw new Error(`no delivery has ${body}`);
    return found.id;
  };
  const answers = () => testbed.log.filter(({ message }) => message === 'answered').length;
  const repeat = async (body: string) => {
    const before = answers();
    expect((await host.redeliver(deliveryOf(body))).status).toBe(202);
    await vi.waitFor(() => expect(answers()).toBe(before + 1), { timeout: 30_000, interval: 50 });
  };
  const heldFor = async () => {
    const annotation = '-o=jsonpath={.metadata.annotations.headgate\\.dev/hold}';
    const hold = await testbed.kubectl('-n', namespace, 'get', 'configmap', `headgate-${namespace}`, annotation);
    return /"reason":"(\w+)"/.exec(hold)?.[1] ?? null;
  };

  const [hold, release] = [`/headgate hold ${namespace} incident`, `/headgate release ${namespace}`];
  await say(hold);
  await repeat(hold);
  await say(release);
  await repeat(hold);
  expect(await heldFor()).toBeNull();
  expect((await testbed.headgate('hold', namespace, '--reason', 'freeze')).code).toBe(0);
  await repeat(hold);
  await repeat(release);
  expect(await heldFor()).toBe('freeze');
  expect(rig.only(pullRequest)).toMatch(/\n> `t-\w+` is `held by .*: freeze .*`\./);
  await say(release);
  expect(await heldFor()).toBeNull();
  await say(`/headgate hold ${namespace} again`);
  expect(await heldFor()).toBe('again');
}, 180_000);
