import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';
import { configMap } from '../rig/testbed/testbed.ts';
import { PullRig } from './pulls/pull-rig.ts';

const WITHIN = { timeout: 60_000, interval: 100 };
const ANN = { id: 11, login: 'ann', permission: 'write' } as const;
const BOB = { id: 12, login: 'bob', permission: 'write' } as const;

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
    aws.testbed.host.users = [ANN, BOB];
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

  it('deploy what was shown once it is merged, and another plan only when a comment has approved its hash', async () => {
    const gated = async (revision: string, matching: RegExp) =>
      vi.waitFor(() => {
        const last = aws.testbed.host
          .statusesOf(revision)
          .findLast(({ context }) => /^headgate\/[^/]+-gated$/.test(context));
        const text = `${last?.state} ${last?.description}`;
        expect(text).toMatch(matching);
        return /approve ([0-9a-f]{7})$/.exec(text)?.[1] ?? '';
      }, WITHIN);
    const pullRequest = await rig.open('gated', { 'gated/c.yaml': configMap('c') }, { user: ANN });
    expect(await rig.shown(pullRequest)).toMatch(/Hash: `t-[\w-]+` `[0-9a-f]{7}`/);
    const pushed = await aws.testbed.push({ 'gated/d.yaml': configMap('d') });
    await gated(pushed, /^pending waits for approval: 1 create: ConfigMap d/);
    const merged = await rig.pulls.merge(pullRequest.number, 'merge');
    const hash = await gated(merged, /^pending the plan changed since it was reviewed on #\d+: 2 creates/);
    expect(await aws.testbed.get('configmap', 'c')).toBeNull();
    const comment = rig.pulls.comment(pullRequest.number, BOB, `/headgate approve ${hash}`);
    expect(await rig.answered(comment)).toBe('+1');
    await gated(merged, /^success 2 created/);

    await aws.testbed.git('pull', '-q', 'origin', 'main');
    const next = await rig.open('next', { 'gated/c.yaml': configMap('c', { v: '2' }) });
    await rig.shown(next);
    await gated(await rig.pulls.merge(next.number, 'merge'), /^success 1 updated/);
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
