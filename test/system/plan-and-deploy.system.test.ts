import { afterEach, describe, expect, it } from 'vitest';
import type { Target } from '../../src/config/checked/config.ts';
import { stopwatch } from '../../src/deploy/report/stopwatch.ts';
import { planDeploy } from '../../src/deploy/run/deploy.ts';
import { makeWorld } from '../../src/deploy/requests/make-world.ts';
import { runTarget } from '../../src/deploy/requests/run-target.ts';
import { listGeneratedTargets } from '../../src/deploy/targets/list-generated-targets.ts';
import { prunesNow } from '../../src/plan/model/plan.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

interface Told {
  readonly verdict: string;
  readonly created: number;
  readonly updated: number;
  readonly pruned: number;
  readonly released: number;
  readonly problems: readonly string[];
  readonly waitingFor: readonly string[];
}

/** What the plan says and what the deploy right after it does, told alike. */
async function planThenDeploy(name = testbed.namespace): Promise<{ readonly plan: Told; readonly deploy: Told }> {
  const runtime = testbed.runtime();
  const signal = new AbortController().signal;
  try {
    const target = await targetNamed(name);
    const ports = await runtime.open(target, null);
    const world = makeWorld(ports, {
      request: { target, trigger: { kind: 'cli' } },
      runtime,
      clock: stopwatch(runtime.nowMs),
    });
    const planned = await planDeploy({ target, at: null }, world, signal);
    const isWaiting = planned.verdict === 'waiting';
    const writes = planned.steps.flat();
    const ops = (...wanted: readonly string[]) => writes.filter(({ op }) => wanted.includes(op)).length;
    const trigger = { kind: 'cli' } as const;
    const request = { target, trigger, hint: null, at: new Date().toISOString() };
    const outcome = await runTarget(request, runtime, signal);
    if (outcome.kind === 'retry') throw outcome.error;
    const { report } = outcome;
    if (report === null) throw new Error('the run has no report');
    const deploy = {
      verdict: report.verdict,
      created: report.created,
      updated: report.updated,
      pruned: report.pruned,
      released: report.released ?? 0,
      problems: report.errors.map(({ subject, message }) => `${subject} ${message}`),
      waitingFor: report.waitingFor ?? [],
    };
    const plan = {
      verdict: planned.verdict,
      // A run that pauses does a part of what is planned.
      created: isWaiting ? deploy.created : ops('create'),
      updated: isWaiting ? deploy.updated : ops('update', 'replace'),
      pruned: prunesNow(planned).flat().length,
      released: planned.releases.length,
      problems: planned.refusals.map(({ subject, message }) => `${subject} ${message}`),
      waitingFor: planned.waitingFor,
    };
    return {
      plan: planned.verdict === 'refused' ? { ...plan, created: 0, updated: 0, pruned: 0, released: 0 } : plan,
      deploy,
    };
  } finally {
    runtime.close();
  }

  async function targetNamed(wanted: string): Promise<Target> {
    const generated = await listGeneratedTargets(runtime.config.templates, runtime, signal);
    const target = [...runtime.config.targets, ...generated.targets].find((each) => each.name === wanted);
    if (target === undefined) throw new Error(`no target ${wanted}`);
    return target;
  }
}

function deployment(name: string, wave: string, image = 'ghcr.io/acme/app:1'): string {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } };
  const metadata = { name, annotations: { 'headgate.dev/wave': wave } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
}

async function expectAgreement(verdict: string, name?: string): Promise<Told> {
  const { plan, deploy } = await planThenDeploy(name);
  expect(plan).toEqual(deploy);
  expect(deploy.verdict).toBe(verdict);
  return deploy;
}

describe('a plan predicts the deploy', () => {
  it('that creates, updates, prunes, changes nothing, and is refused', async () => {
    testbed = await Testbed.build();
    await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }), 'apps/b.yaml': configMap('b') });
    expect(await expectAgreement('deployed')).toMatchObject({ created: 2 });
    expect(await expectAgreement('unchanged')).toMatchObject({ created: 0, updated: 0 });

    await testbed.push({ 'README.md': 'nothing of the target' });
    await expectAgreement('unchanged');

    await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }), 'apps/b.yaml': null });
    expect(await expectAgreement('deployed')).toMatchObject({ updated: 1, pruned: 1 });

    await testbed.push({ 'apps/a.yaml': configMap('a', { v: '3' }).replace('data:', 'dta:') });
    const refused = await expectAgreement('refused');
    expect(refused.problems).toHaveLength(1);
    await expectAgreement('refused');

    // Another file with the same content: neither the cluster nor the inventory differs but for the file.
    await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await expectAgreement('unchanged');
  });

  it('that stops between two waves, waits, and resumes', async () => {
    testbed = await Testbed.build();
    await testbed.push({ 'apps/db.json': deployment('db', '0'), 'apps/web.json': deployment('web', '1') });
    const first = await expectAgreement('waiting');
    expect(first).toMatchObject({ created: 1, waitingFor: [`Deployment ${testbed.namespace}/db`] });
    await testbed.kubectl(
      '-n',
      testbed.namespace,
      'wait',
      '--for=condition=Available',
      'deployment/db',
      '--timeout=40s',
    );
    expect(await expectAgreement('deployed')).toMatchObject({ created: 1 });
  });

  it('that waits before its first step, because an earlier one is not ready', async () => {
    testbed = await Testbed.build();
    await testbed.push({
      'apps/db.json': deployment('db', '0', 'no-such-image'),
      'apps/web.json': deployment('web', '1'),
    });
    await expectAgreement('waiting');
    expect(await expectAgreement('waiting')).toMatchObject({
      created: 0,
      waitingFor: [`Deployment ${testbed.namespace}/db`],
    });
  });

  it('that waits for the target it depends on', async () => {
    testbed = await Testbed.build({
      targets: [
        { name: 'NAMESPACE', path: 'infra' },
        { name: 'NAMESPACE-app', path: 'apps', dependsOn: ['NAMESPACE'] },
      ],
    });
    await testbed.push({ 'infra/i.yaml': configMap('i'), 'apps/a.yaml': configMap('a') });
    const waiting = await expectAgreement('waiting', `${testbed.namespace}-app`);
    expect(waiting.waitingFor).toEqual([`target ${testbed.namespace}`]);
    await expectAgreement('deployed');
    await expectAgreement('deployed', `${testbed.namespace}-app`);
  });

  it('that moves an object to another target, whichever of both runs first', async () => {
    testbed = await Testbed.build({
      targets: [
        { name: 'NAMESPACE-a', path: 'a' },
        { name: 'NAMESPACE-b', path: 'b' },
      ],
    });
    const [a, b] = [`${testbed.namespace}-a`, `${testbed.namespace}-b`];
    await testbed.push({
      'a/x.yaml': configMap('x'),
      'a/y.yaml': configMap('y1'),
      'a/gone.yaml': configMap('gone'),
      'b/z.yaml': configMap('z'),
    });
    await expectAgreement('deployed', a);
    await expectAgreement('deployed', b);
    // Objects move both ways, so each target waits for the other one.
    await testbed.push({
      'a/x.yaml': null,
      'a/gone.yaml': null,
      'a/z.yaml': configMap('z'),
      'b/x.yaml': configMap('x', { v: '2' }),
      'b/z.yaml': null,
    });
    expect(await expectAgreement('waiting', b)).toMatchObject({ released: 1, updated: 0, pruned: 0 });
    expect(await expectAgreement('deployed', a)).toMatchObject({ released: 1, updated: 1, pruned: 1 });
    expect(await expectAgreement('deployed', b)).toMatchObject({ released: 0, updated: 1, pruned: 0 });
  });

  it('of a generated target whose directory was removed', async () => {
    const forEach = { directories: 'envs/*', clusters: ['lab'], namespaces: ['NAMESPACE'] };
    testbed = await Testbed.build({
      target: { name: 'NAMESPACE-{{basename}}', cluster: 'lab', path: undefined, forEach },
    });
    await testbed.push({ 'envs/one/a.yaml': configMap('a'), 'envs/two/b.yaml': configMap('b') });
    const name = `${testbed.namespace}-one`;
    await expectAgreement('deployed', name);
    await testbed.push({ 'envs/one': null });
    const runtime = testbed.runtime();
    runtime.close();
    const { stdout, code } = await testbed.headgate('plan', name);
    expect(code).not.toBe(2);
    expect(stdout).not.toContain('prune');
  });
});
