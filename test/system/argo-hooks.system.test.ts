import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeAll(async () => {
  testbed = await Testbed.build();
  await testbed.start();
});

afterAll(() => testbed.tearDown());

const hook = (name: string, phase: string, more = '') =>
  configMap(name, {}, `  annotations: { argocd.argoproj.io/hook: "${phase}"${more} }\n`);

function job(name: string, phase: string, image: string): string {
  const annotations = { 'argocd.argoproj.io/hook': phase, 'argocd.argoproj.io/hook-delete-policy': 'HookSucceeded' };
  const spec = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'run', image }] } } };
  return JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name, annotations }, spec });
}

interface PlanJson {
  readonly changes: readonly { readonly name: string }[];
}

describe('the hooks of Argo CD', () => {
  it('are applied in waves before and after the other objects, and what comes first must be ready', async () => {
    testbed.host.faults = { lose: () => true };
    const revision = await testbed.push({
      'apps/a-after.yaml': hook('a-after', 'PostSync'),
      'apps/b-with.yaml': hook('b-with', 'Sync'),
      'apps/c-plain.yaml': configMap('c-plain'),
      'apps/d-later.yaml': hook('d-later', 'PreSync,PostSync', ', argocd.argoproj.io/sync-wave: "1"'),
      'apps/e-before.json': job('e-before', 'PreSync', 'example.com/migrate:1'),
    });
    const { stdout } = await testbed.headgate('plan', testbed.namespace, '--output', 'json');
    const plan = JSON.parse(stdout) as PlanJson;
    expect(plan.changes.map(({ name }) => name)).toEqual(['e-before', 'd-later', 'b-with', 'c-plain', 'a-after']);
    testbed.host.faults = {};
    await testbed.host.redeliver(testbed.host.deliveries.at(-1)?.id ?? '');
    expect(await testbed.outcome(revision, 'waiting')).toMatchObject({
      created: 1,
      waitingFor: [`Job ${testbed.namespace}/e-before`],
    });
    await testbed.outcome(revision, 'deployed');
  });

  it('are replaced when they change, whatever their delete policy is', async () => {
    const before = (await testbed.get('job', 'e-before'))?.['metadata'];
    const revision = await testbed.push({ 'apps/e-before.json': job('e-before', 'PreSync', 'example.com/migrate:2') });
    await testbed.outcome(revision, 'deployed');
    const after = (await testbed.get('job', 'e-before'))?.['metadata'];
    expect(after).toMatchObject({ name: 'e-before' });
    expect(after).not.toMatchObject({ uid: (before as { uid: string }).uid });
  });

  it('are named in the plan and the outcome, and not applied, if they run after a failure, after a deletion, or never', async () => {
    const phases = ['SyncFail', 'PostDelete', 'Skip'];
    const files = phases.map((phase) => [`apps/never-${phase}.yaml`, hook(phase.toLowerCase(), phase)] as const);
    const revision = await testbed.push(Object.fromEntries(files));
    const { warnings } = await testbed.outcome(revision);
    expect(warnings).toEqual(
      expect.arrayContaining(
        phases.map((phase) => ({
          code: 'hook-ignored',
          subject: `apps/never-${phase}.yaml:1`,
          message: `ConfigMap ${testbed.namespace}/${phase.toLowerCase()} is not applied: it is an Argo CD hook (${phase})`,
          remedy: expect.stringContaining('argocd.argoproj.io/hook'),
        })),
      ),
    );
    expect(Object.keys(await testbed.configMaps()).toSorted()).toEqual(['a-after', 'b-with', 'c-plain', 'd-later']);
    const applied = await testbed.push({ 'apps/never-Skip.yaml': configMap('skip') });
    expect(await testbed.outcome(applied)).toMatchObject({ verdict: 'deployed', created: 1 });
  });
});
