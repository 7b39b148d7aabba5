import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';
import { configMap } from '../rig/testbed/testbed.ts';
import { PullRig } from './pulls/pull-rig.ts';

const WITHIN = { timeout: 60_000, interval: 100 };
const ANN = { id: 11, login: 'ann', permission: 'write' } as const;

describe('the packaged functions, with pull requests', () => {
  let aws: AwsTestbed;
  let rig: PullRig;
  beforeAll(async () => {
    aws = await AwsTestbed.build({
      repository: { pullRequests: { plan: true } },
      targets: [
        { path: 'apps', wait: '0s' },
        { name: 'NAMESPACE-gated', path: 'gated', wait: '0s', approval: 'plan' },
      ],
      more: {
        key: 'secretsmanager:fleet#key',
        previews: [
          {
            name: 'NAMESPACE-pr-{{number}}',
            repository: 'fleet',
            pullRequest: { label: 'preview', into: 'main' },
            path: 'preview',
            cluster: 'prod',
            namespace: 'NAMESPACE-pr-{{number}}',
            substitute: { variables: { NUMBER: '{{number}}' } },
          },
        ],
      },
    });
    rig = new PullRig(aws.testbed);
    aws.testbed.host.users = [ANN];
  }, 60_000);
  afterAll(async () => {
    const names = rig.pulls.all.map(({ number }) => namespaceOf(number));
    if (names.length > 0)
      await aws.testbed.kubectl('delete', 'namespace', ...names, '--wait=false', '--ignore-not-found');
    await aws.tearDown();
  });

  const namespaceOf = (number: number) => `${aws.testbed.namespace}-pr-${number}`;
  const namespaces = async () =>
    (
      await aws.testbed.kubectl(
        'get',
        'namespaces',
        '-o',
        'jsonpath={.items[?(@.status.phase=="Active")].metadata.name}',
      )
    ).split(' ');

  it('plan one in a comment and a status when it is opened, and again when its branch has moved', async () => {
    const first = await aws.testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await aws.testbed.outcome(first, 'deployed');
    const pullRequest = await rig.open('two', { 'apps/a.yaml': configMap('a', { v: '2' }) });
    expect(await rig.shown(pullRequest)).toContain('0 to create, 1 to update, 0 to prune');
    expect(rig.statuses(pullRequest)).toEqual([
      `${aws.testbed.namespace} success: would be deployed: 0 to create, 1 to update, 0 to prune`,
    ]);
    const second = await aws.testbed.push({ 'apps/b.yaml': configMap('b') });
    expect(await rig.shown(pullRequest, second)).toContain(`at \`${second.slice(0, 12)}\``);
    expect((await aws.testbed.configMaps())['a']).toEqual({ v: '1' });
  }, 120_000);

  it('answer a command, and deploy a plan that needs an approval only once a comment has approved its hash', async () => {
    const pullRequest = await rig.open('gated', { 'gated/c.yaml': configMap('c') });
    expect(await rig.shown(pullRequest)).toMatch(/Hash: `t-\w+` `[0-9a-f]{7}`/);
    expect(await rig.answered(rig.pulls.comment(pullRequest.number, ANN, '/headgate help'))).not.toBe('');
    const pushed = await aws.testbed.push({ 'gated/d.yaml': configMap('d') });
    const hash = await vi.waitFor(() => {
      const last = aws.testbed.host.statusesOf(pushed).findLast(({ context }) => context.endsWith('-gated'));
      const [, found] = /approve ([0-9a-f]{7})$/.exec(last?.description ?? '') ?? [];
      if (found === undefined) throw new Error(JSON.stringify(last));
      return found;
    }, WITHIN);
    expect(await aws.testbed.get('configmap', 'd')).toBeNull();
    rig.pulls.comment(pullRequest.number, ANN, `/headgate approve ${hash}`);
    await vi.waitFor(async () => expect(await aws.testbed.get('configmap', 'd')).not.toBeNull(), WITHIN);
    // What was approved on the pull request itself is deployed by its merge.
    const shown = await rig.shown(pullRequest, pushed);
    expect(shown).toContain('1 to create');
    const merged = await rig.pulls.merge(pullRequest.number, 'merge');
    await vi.waitFor(async () => expect(await aws.testbed.get('configmap', 'c')).not.toBeNull(), WITHIN);
    await vi.waitFor(() => expect(aws.testbed.host.statusesOf(merged).at(-1)?.state).toBe('success'), WITHIN);
  }, 180_000);

  it('deploy a preview with its label, find one by the sweep whose delivery was lost, and delete both', async () => {
    await aws.testbed.git('pull', '-q', 'origin', 'main');
    await aws.testbed.push({ 'preview/settings.yaml': configMap('settings', { number: '${NUMBER}' }) });
    const one = await rig.open('one', { 'README.md': 'one' });
    rig.pulls.label(one.number, ['preview']);
    await vi.waitFor(() => expect(rig.only(one)).toContain(`| \`${namespaceOf(one.number)}\` | ready at`), WITHIN);
    const settings = await aws.testbed.kubectl(
      '-n',
      namespaceOf(one.number),
      'get',
      'configmap',
      'settings',
      '-o',
      'jsonpath={.data.number}',
    );
    expect(settings).toBe(String(one.number));

    aws.testbed.host.faults = { lose: () => true };
    const lost = await rig.open('lost', { 'README.md': 'lost' });
    rig.pulls.label(lost.number, ['preview']);
    await aws.functions.sweep.call({ drift: false });
    await vi.waitFor(async () => expect(await namespaces()).toContain(namespaceOf(lost.number)), WITHIN);
    for (const { number } of [one, lost]) rig.pulls.label(number, []);
    await aws.functions.sweep.call({ drift: false });
    await vi.waitFor(async () => {
      const left = await namespaces();
      expect(left.filter((name) => name.startsWith(`${aws.testbed.namespace}-pr-`))).toEqual([]);
    }, WITHIN);
  }, 200_000);
});
