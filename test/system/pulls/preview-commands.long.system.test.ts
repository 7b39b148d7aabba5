import { afterEach, expect, it } from 'vitest';
import { kubectl } from '../../rig/cluster/control-plane.ts';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { FILES, PREVIEW, PreviewRig } from './preview-rig.ts';

let testbed: Testbed;
let rig: PreviewRig;

afterEach(async () => {
  await rig.removeAll();
  await testbed.tearDown();
});

it('the commands deploy, plan, list and uninstall a preview by its name, by the rules of serve', async () => {
  const entry = { ...PREVIEW };
  testbed = await Testbed.build({ pullRequests: {}, previews: [entry] });
  rig = new PreviewRig(testbed);
  await testbed.push({ 'apps/a.yaml': configMap('a'), ...FILES });
  const pullRequest = await rig.open('one', {});
  const name = rig.namespaceOf(pullRequest);
  const [namespace, url] = [name, 'https://pr-1.example.com'];

  const unlabeled = await testbed.headgate('deploy', name);
  expect([unlabeled.code, unlabeled.stderr]).toEqual([64, expect.stringContaining('it does not have the label')]);
  rig.pulls.label(pullRequest.number, ['preview']);
  const early = await testbed.headgate('plan', name, '--output', 'json');
  expect(early.code, early.stderr).toBe(2);
  const shown = JSON.parse(early.stdout) as { changes: { op: string; kind: string; name: string }[] };
  const created = shown.changes.map(({ op, kind, name: object }) => `${op} ${kind} ${object}`);
  expect(created.toSorted()).toEqual(['create ConfigMap settings', 'create Deployment web', 'create Ingress web']);
  expect(await rig.existence(pullRequest)).toBe('deleted');
  await testbed.kubectl('create', 'namespace', namespace);
  const taken = await testbed.headgate('plan', name);
  expect([taken.code, taken.stderr]).toEqual([64, expect.stringContaining('was not created for this preview')]);
  await testbed.kubectl('delete', 'namespace', namespace);
  expect((await testbed.headgate('status')).stdout).not.toContain(name);
  expect(await rig.existence(pullRequest)).toBe('deleted');

  const deployed = await testbed.headgate('deploy', name);
  expect([deployed.code, deployed.stderr, deployed.stdout]).toEqual([
    0,
    expect.anything(),
    expect.stringMatching(new RegExp(`^${name}: deployed at ${pullRequest.head.slice(0, 12)} .*3 created, ready`)),
  ]);
  expect(deployed.stdout).toContain(`address: ${url}`);
  expect(rig.only(pullRequest)).toContain(`| \`${name}\` | ready at`);
  expect(rig.deployments(pullRequest)).toEqual([`${pullRequest.head.slice(0, 12)} success`]);

  const [table, json] = [await testbed.headgate('status'), await testbed.headgate('status', '--output', 'json')];
  expect(table.stdout).toMatch(new RegExp(`${name} +${pullRequest.head.slice(0, 12)} +deployed +ready`));
  const rows = JSON.parse(json.stdout) as readonly { target: string; preview?: object }[];
  expect(rows.find(({ target }) => target === name)?.preview).toMatchObject({
    pullRequest: pullRequest.number,
    namespace,
    head: pullRequest.head,
  });
  const one = await testbed.headgate('status', name);
  expect([one.code, one.stdout.split('\n')[1]]).toEqual([0, expect.stringContaining(name)]);

  const first = pullRequest.head;
  const head = await rig.branch('one', { 'preview/more.yaml': configMap('more') });
  await testbed.until(() => pullRequest.head === head);
  const plan = await testbed.headgate('plan', name, '--output', 'json');
  expect(plan.code).toBe(2);
  const { changes } = JSON.parse(plan.stdout) as { changes: { op: string; name: string }[] };
  expect(changes.map((change) => `${change.op} ${change.name}`).toSorted()).toEqual(['create more', 'update settings']);
  const history = await testbed.headgate('history', name);
  expect([history.code, history.stdout]).toEqual([0, expect.stringContaining(first.slice(0, 12))]);
  expect((await testbed.headgate('diff', name, first, head)).stdout).toContain('more');
  const held = await testbed.headgate('hold', name, '--reason', 'x');
  expect([held.code, held.stderr]).toEqual([
    64,
    expect.stringContaining('is a preview, and this command does not support previews'),
  ]);

  const uninstalled = await testbed.headgate('uninstall', name, '--yes');
  expect([uninstalled.code, uninstalled.stdout]).toEqual([
    0,
    expect.stringMatching(/- delete Namespace .* created for pull request 1[^]*is being deleted/),
  ]);
  expect(await rig.existence(pullRequest)).toBe('deleted');
  expect(rig.deployments(pullRequest)).toEqual([`${first.slice(0, 12)} inactive`]);
  expect((await testbed.headgate('uninstall', name, '--yes')).code).toBe(64);

  // Its entry is renamed while it exists.
  const second = await rig.open('two', {}, { labels: ['preview'] });
  const left = rig.namespaceOf(second);
  expect((await testbed.headgate('deploy', left)).code).toBe(0);
  for (const key of ['name', 'namespace'] as const) entry[key] = 'NAMESPACE-other-{{number}}';
  const command = `headgate uninstall ${left} --cluster lab --namespace ${left}`;
  const { stdout } = await testbed.headgate('status');
  expect(stdout).toContain(
    `left over: ${left} (preview ${testbed.namespace}-pr-{{number}} was removed). To remove it: ${command}`,
  );
  expect((await testbed.headgate(...command.split(' ').slice(1), '--yes')).code).toBe(0);
  expect(await rig.existence(second)).toBe('deleted');
}, 240_000);

it('headgate connect prints the rights that a preview needs, and they suffice', async () => {
  const serviceAccount = 'NAMESPACE/previewer';
  testbed = await Testbed.build({ pullRequests: {}, previews: [{ ...PREVIEW, serviceAccount }] });
  rig = new PreviewRig(testbed);
  const { stdout } = await testbed.headgate('connect', 'lab', '--rbac');
  expect((await kubectl(testbed.cluster, ['apply', '-f', '-'], stdout)).code).toBe(0);
  try {
    const own = ['--as=headgate', `--as-group=headgate:${testbed.namespace}-pr.preview`];
    const account = [`--as=system:serviceaccount:${testbed.namespace}:previewer`];
    const can = async (verb: string, what: string, as: readonly string[]) => {
      const asked = ['auth', 'can-i', verb, what, '--namespace', `${testbed.namespace}-pr-1`, ...as];
      return (await kubectl(testbed.cluster, asked)).stdout.trim();
    };
    const asked = [
      await can('create', 'namespaces', own),
      await can('delete', 'namespaces', own),
      await can('list', 'ingresses.networking.k8s.io', own),
      await can('impersonate', 'serviceaccounts/previewer', own),
      await can('patch', 'deployments.apps', account),
      await can('patch', 'deployments.apps', own),
      await can('create', 'namespaces', account),
      await can('impersonate', 'serviceaccounts/other', own),
    ];
    expect(asked).toEqual(['yes', 'yes', 'yes', 'yes', 'yes', 'no', 'no', 'no']);
  } finally {
    await kubectl(testbed.cluster, ['delete', '-f', '-'], stdout);
  }
}, 90_000);
