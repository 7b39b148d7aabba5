import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { sweepDrift } from '../../src/deploy/drift/detect-drift.ts';
import { runRequests } from '../../src/deploy/requests/run-requests.ts';
import { runTarget } from '../../src/deploy/requests/run-target.ts';
import { sweep as lookForTips } from '../../src/deploy/sweep.ts';
import { startFaultProxy } from '../rig/cluster/fault-proxy.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import type { Report } from '../../src/deploy/ports/report.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

/** What `headgate sweep` does, without the start of a process. */
async function sweep(): Promise<readonly Report[]> {
  const signal = AbortSignal.timeout(30_000);
  const runtime = testbed.runtime();
  const reports: Report[] = [];
  try {
    for (const look of [lookForTips, sweepDrift]) {
      for (const { target: name, ...request } of await look(runtime, signal)) {
        const target = runtime.config.targets.find((each) => each.name === name);
        if (target === undefined) throw new Error(`no target ${name}`);
        const outcome = await runTarget({ ...request, target }, runtime, signal);
        if (outcome.kind !== 'done' || outcome.report === null) throw new Error(JSON.stringify(testbed.log.slice(-3)));
        reports.push(outcome.report);
      }
    }
  } finally {
    runtime.close();
  }
  expect(testbed.log.filter(({ message }) => message === 'sweep-failed')).toEqual([]);
  return reports;
}

async function deployed(files: Readonly<Record<string, string | null>>): Promise<string> {
  const revision = await testbed.push(files);
  const [report] = await sweep();
  expect(report).toMatchObject({ verdict: 'deployed', revision });
  return revision;
}

function inNamespace(...args: readonly string[]): Promise<string> {
  return testbed.kubectl('-n', testbed.namespace, ...args);
}

function edit(kind: string, name: string, patch: object): Promise<string> {
  return inNamespace('patch', kind, name, '--type=merge', '-p', JSON.stringify(patch));
}

async function events(reason: string): Promise<readonly string[]> {
  const list = JSON.parse(await inNamespace('get', 'events', '-o', 'json')) as {
    items: { reason: string; message: string }[];
  };
  return list.items.filter((event) => event.reason === reason).map(({ message }) => message);
}

/** As the state in the cluster announces it. */
async function announced(): Promise<unknown> {
  const parent = await testbed.get('configmap', `headgate-${testbed.namespace}`);
  const metadata = parent?.['metadata'] as { annotations: Record<string, string> } | undefined;
  return JSON.parse(metadata?.annotations['headgate.dev/drift'] ?? 'null');
}

/** The version of every object that Headgate keeps about the target. */
function versions(): Promise<string> {
  const versionsOf = 'jsonpath={range .items[*]}{.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}';
  return inNamespace('get', 'configmaps', '-l', 'app.kubernetes.io/managed-by=headgate', '-o', versionsOf);
}

const web = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { tier: front } }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "example.com/web:1" }] }
`;

function job(name: string, spec: string): string {
  const pod = 'template: { spec: { restartPolicy: Never, containers: [{ name: a, image: "example.com/a:1" }] } }';
  return `apiVersion: batch/v1\nkind: Job\nmetadata: { name: ${name} }\nspec: { ${spec}${pod} }\n`;
}

describe('drift', () => {
  it('is corrected by a running serve, which names the manager of the field and leaves the commit status alone', async () => {
    testbed = await Testbed.build({ driftIntervalMs: 300 });
    await testbed.start();
    const revision = await testbed.push({ 'apps/web.yaml': web, 'apps/a.yaml': configMap('a', { level: '1' }) });
    await testbed.outcome(revision, 'deployed');
    await testbed.until(() => testbed.host.statusesOf(revision).length === 2);
    await edit('deployment', 'web', { spec: { replicas: 4 } });
    const line = await testbed.logged(({ delivery, verdict }) => delivery === 'sweep' && verdict === 'deployed');
    expect(line).toMatchObject({ revision, previous: revision, updated: 1, created: 0 });
    expect(line['warnings']).toEqual([
      expect.objectContaining({ code: 'drifted', message: expect.stringContaining('.spec.replicas (kubectl-patch)') }),
    ]);
    expect(await testbed.get('deployment', 'web')).toMatchObject({ spec: { replicas: 1 } });
    expect((await events('DriftCorrected')).join('\n')).toContain('.spec.replicas (kubectl-patch)');
    expect(testbed.host.statusesOf(revision).map(({ state }) => state)).toEqual(['pending', 'success']);
  });

  it('includes a changed or missing label of an owned object, an edited field of a kind without generations, and a deleted object', async () => {
    testbed = await Testbed.build();
    await deployed({
      'apps/web.yaml': web,
      'apps/a.yaml': configMap('a', { level: '1' }),
      'apps/b.yaml': configMap('b'),
    });
    await inNamespace('label', '--overwrite', 'deployment', 'web', 'tier=back');
    await edit('configmap', 'a', { data: { level: '9' } });
    await inNamespace('delete', 'configmap', 'b');
    expect(await sweep()).toMatchObject([{ verdict: 'deployed', updated: 2, created: 1, errors: [] }]);
    expect(await testbed.configMaps()).toEqual({ a: { level: '1' }, b: {} });
    await inNamespace('label', 'deployment', 'web', 'tier-');
    await sweep();
    expect(await testbed.get('deployment', 'web')).toMatchObject({ metadata: { labels: { tier: 'front' } } });
    expect(await sweep()).toEqual([]);
  });

  it('excludes fields that other managers add, and records them so that the next sweep writes nothing', async () => {
    testbed = await Testbed.build({ target: { ignore: [{ kind: 'Deployment', paths: ['/spec/replicas'] }] } });
    await deployed({ 'apps/web.yaml': web, 'apps/a.yaml': configMap('a', { level: '1' }) });
    await inNamespace('label', 'configmap', 'a', 'theirs=1');
    await edit('configmap', 'a', { data: { more: 'theirs' } });
    await edit('deployment', 'web', { spec: { replicas: 3, minReadySeconds: 1 } });
    expect(await sweep()).toMatchObject([{ verdict: 'unchanged', warnings: [] }]);
    expect(await testbed.get('deployment', 'web')).toMatchObject({ spec: { replicas: 3, minReadySeconds: 1 } });
    expect(await testbed.get('configmap', 'a')).toMatchObject({
      metadata: { labels: { theirs: '1' } },
      data: { level: '1', more: 'theirs' },
    });
    const before = await versions();
    expect(await sweep()).toEqual([]);
    expect(await versions()).toBe(before);

    // Outside of what is ignored it is drift as ever.
    await edit('deployment', 'web', {
      spec: { replicas: 4, template: { metadata: { labels: { app: 'web', x: '1' } } } },
    });
    await edit('deployment', 'web', { metadata: { labels: { tier: 'back' } } });
    expect(await sweep()).toMatchObject([{ verdict: 'deployed', updated: 1 }]);
    expect(await testbed.get('deployment', 'web')).toMatchObject({
      metadata: { labels: { tier: 'front' } },
      spec: { replicas: 4 },
    });
  });

  it('excludes a field whose value another manager has restored', async () => {
    testbed = await Testbed.build();
    await deployed({ 'apps/a.yaml': configMap('a', { level: '1' }) });
    await edit('configmap', 'a', { data: { level: '9' } });
    await edit('configmap', 'a', { data: { level: '1' } });
    expect(await sweep()).toMatchObject([{ verdict: 'deployed', updated: 1, warnings: [] }]);
    expect(await sweep()).toEqual([]);
  });

  it('of a rendered object is corrected from the whole render, and no other object is written', async () => {
    testbed = await Testbed.build();
    await deployed({
      'apps/kustomization.yaml': 'resources: [a.yaml, b.yaml]\nnamePrefix: my-\n',
      'apps/a.yaml': configMap('a', { level: '1' }),
      'apps/b.yaml': configMap('b', { level: '1' }),
    });
    await edit('configmap', 'my-a', { data: { level: '9' } });
    await inNamespace('label', 'configmap', 'my-b', 'theirs=1');
    expect(await sweep()).toMatchObject([{ verdict: 'deployed', updated: 1, created: 0, pruned: 0 }]);
    expect(await testbed.configMaps()).toEqual({ 'my-a': { level: '1' }, 'my-b': { level: '1' } });
    expect(await sweep()).toEqual([]);
  });

  it('of a Secret is detected and corrected, and its values appear nowhere', async () => {
    testbed = await Testbed.build();
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { key: planted-value-1 }\n';
    await deployed({ 'apps/s.yaml': secret });
    await edit('secret', 's', { stringData: { key: 'planted-value-2' } });
    const { stdout, stderr } = await testbed.headgate('sweep', '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject([{ verdict: 'deployed', updated: 1, warnings: [{ code: 'drifted' }] }]);
    expect(stdout + stderr + (await events('DriftCorrected')).join('')).not.toContain('planted-value');
    expect(stdout).not.toContain(Buffer.from('planted-value').toString('base64').slice(0, 12));
    expect(await testbed.get('secret', 's')).toMatchObject({
      data: { key: Buffer.from('planted-value-1').toString('base64') },
    });
  });

  it('is reported once and not corrected with drift: report, and stays visible until it is fixed', async () => {
    testbed = await Testbed.build({ target: { drift: 'report' } });
    await deployed({ 'apps/web.yaml': web, 'apps/a.yaml': configMap('a', { level: '1' }) });
    await edit('configmap', 'a', { data: { level: '9' } });
    await inNamespace('delete', 'deployment', 'web');
    const [found] = await sweep();
    expect(found).toMatchObject({ verdict: 'unchanged', created: 0, updated: 0 });
    expect(found?.warnings.map(({ message }) => message).toSorted()).toEqual([
      `ConfigMap ${testbed.namespace}/a differs from Git: .data.level (kubectl-patch)`,
      `Deployment.apps ${testbed.namespace}/web was deleted from the cluster`,
    ]);
    expect(await testbed.configMaps()).toEqual({ a: { level: '9' } });
    expect(await testbed.get('deployment', 'web')).toBeNull();
    const told = await announced();
    expect(told).toEqual({ objects: 2, since: expect.stringMatching(/^20\d\d-.*Z$/) });
    expect(JSON.parse((await testbed.headgate('status', '--output', 'json')).stdout)).toMatchObject([{ drift: told }]);
    const before = await versions();
    await sweep();
    expect(await versions()).toBe(before);
    expect(await events('Drifted')).toHaveLength(1);

    await edit('configmap', 'a', { data: { level: '1' } });
    await sweep();
    expect(await announced()).toMatchObject({ objects: 1 });
    await deployed({ 'apps/web.yaml': null });
    expect(await announced()).toBeNull();
  });

  it('is not detected with drift: off', async () => {
    testbed = await Testbed.build({ target: { drift: 'off' } });
    await deployed({ 'apps/a.yaml': configMap('a', { level: '1' }) });
    await edit('configmap', 'a', { data: { level: '9' } });
    expect(await sweep()).toEqual([]);
    expect(await testbed.configMaps()).toEqual({ a: { level: '9' } });
  });

  it('excludes a finished Job that was deleted or deleted itself, and recreates a Job that never ran', async () => {
    testbed = await Testbed.build();
    await deployed({
      'apps/done.yaml': job('done', ''),
      'apps/ttl.yaml': job('ttl', 'ttlSecondsAfterFinished: 0, '),
      'apps/held.yaml': job('held', 'suspend: true, '),
    });
    await inNamespace('wait', '--for=condition=Complete', '--timeout=30s', 'job/done');
    await inNamespace('wait', '--for=delete', '--timeout=30s', 'job/ttl');
    expect(await sweep()).toMatchObject([{ verdict: 'unchanged', created: 0, warnings: [] }]);
    await inNamespace('delete', 'job', 'done', 'held');
    expect(await sweep()).toMatchObject([{ verdict: 'deployed', created: 1 }]);
    expect(await testbed.get('job', 'held')).not.toBeNull();
    expect([await testbed.get('job', 'done'), await testbed.get('job', 'ttl')]).toEqual([null, null]);
    expect(await sweep()).toEqual([]);
  });

  it('whose correction was refused is looked at again after the next push, which may have lifted that', async () => {
    testbed = await Testbed.build();
    await deployed({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') });
    await inNamespace('label', 'configmap', 'a', '--overwrite', 'applyset.kubernetes.io/part-of=applyset-another');
    expect(await sweep()).toMatchObject([{ verdict: 'refused' }]);
    await inNamespace('delete', 'configmap', 'a');
    expect(await sweep()).toEqual([]);
    await deployed({ 'apps/b.yaml': configMap('b', { v: '2' }) });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'b']);
  });

  it('that returns after every correction is reported as contested, with field and manager, and left alone for a while', async () => {
    testbed = await Testbed.build();
    await deployed({ 'apps/a.yaml': configMap('a', { level: '1' }), 'apps/b.yaml': configMap('b', { level: '1' }) });
    const fight = () =>
      inNamespace('patch', 'configmap', 'a', '--field-manager=autotuner', '-p', '{"data":{"level":"9"}}');
    for (const code of ['drifted', 'drifted', 'drift-contested']) {
      await fight();
      expect(await sweep()).toMatchObject([{ updated: 1, warnings: [{ code }] }]);
      expect(await testbed.configMaps()).toMatchObject({ a: { level: '1' } });
    }
    expect((await events('DriftContested')).join('\n')).toContain('.data.level (autotuner)');
    await fight();
    await edit('configmap', 'b', { data: { level: '9' } });
    expect(await sweep()).toMatchObject([{ updated: 1 }]);
    expect(await testbed.configMaps()).toEqual({ a: { level: '9' }, b: { level: '1' } });
    expect(await announced()).toMatchObject({ objects: 1 });
    expect(await sweep()).toEqual([]);
  });

  it('that a killed run corrected in part is corrected by the next sweep, without a new run of the commit', async () => {
    testbed = await Testbed.build();
    const revision = await deployed({ 'apps/a.yaml': configMap('a', { level: '1' }) });
    await edit('configmap', 'a', { data: { level: '9' } });
    // As the first write of a correction leaves it.
    const parent = `headgate-${testbed.namespace}`;
    const { data } = (await testbed.get('configmap', parent)) as { data: { state: string } };
    const state = { ...(JSON.parse(data.state) as object), dirty: ['apps/a.yaml'] };
    await edit('configmap', parent, { data: { state: JSON.stringify(state) } });
    expect(await sweep()).toMatchObject([{ verdict: 'deployed', revision, updated: 1 }]);
    expect(await testbed.configMaps()).toEqual({ a: { level: '1' } });
    const states = testbed.host.statusesOf(revision).map((status) => status.state);
    expect(states).toEqual(['pending', 'success', 'success']);
  });

  it('is corrected after a push that waits in the queue', async () => {
    testbed = await Testbed.build();
    await deployed({ 'apps/a.yaml': configMap('a', { level: '1' }) });
    await edit('configmap', 'a', { data: { level: '9' } });
    const runtime = testbed.runtime();
    const signal = AbortSignal.timeout(30_000);
    const [looked, ...others] = await sweepDrift(runtime, signal);
    expect([looked?.drift?.suspects, others]).toEqual([
      [{ object: `ConfigMap ${testbed.namespace}/a`, file: 'apps/a.yaml' }],
      [],
    ]);
    if (looked === undefined) throw new Error('no drift was found');
    const revision = await testbed.push({ 'apps/b.yaml': configMap('b') });
    const { drift: _drift, ...pushed } = { ...looked, delivery: 'd-1' };
    const outcome = await runRequests([pushed, looked], runtime, signal);
    runtime.close();
    expect(outcome).toMatchObject({ kind: 'done', report: { verdict: 'deployed', revision, created: 1, updated: 0 } });
    expect(await sweep()).toMatchObject([{ verdict: 'deployed', revision, updated: 1 }]);
  });

  it('includes a removed owner label, but not an object that was moved to another ApplySet', async () => {
    testbed = await Testbed.build();
    await deployed({ 'apps/a.yaml': configMap('a', { level: '1' }), 'apps/b.yaml': configMap('b', { level: '1' }) });
    const label = 'applyset.kubernetes.io/part-of';
    await inNamespace('label', 'configmap', 'a', `${label}-`);
    await inNamespace('label', '--overwrite', 'configmap', 'b', `${label}=applyset-of-another`);
    expect(await sweep()).toMatchObject([
      // It still says that it comes from our file: the other set looks like a target that was renamed.
      { verdict: 'partial', updated: 1, errors: [{ code: 'target-moved', subject: 'apps/b.yaml:1' }] },
    ]);
    expect(await testbed.get('configmap', 'a')).toMatchObject({
      metadata: { labels: { [label]: expect.stringMatching(/^applyset-.*-v1$/) } },
    });
    expect(await testbed.get('configmap', 'b')).toMatchObject({
      metadata: { labels: { [label]: 'applyset-of-another' } },
    });
  });

  it('that the cluster refuses to correct does not block the correction of other objects', async () => {
    testbed = await Testbed.build({ target: { conflicts: 'fail' } });
    await deployed({ 'apps/a.yaml': configMap('a', { level: '1' }), 'apps/b.yaml': configMap('b', { level: '1' }) });
    await edit('configmap', 'a', { data: { level: '9' } });
    await inNamespace('delete', 'configmap', 'b');
    expect(await sweep()).toMatchObject([
      {
        verdict: 'partial',
        created: 1,
        errors: [{ code: 'field-conflict', subject: expect.stringMatching(/^apps\/a\.yaml:\d+$/) }],
      },
    ]);
    expect(await testbed.configMaps()).toEqual({ a: { level: '9' }, b: { level: '1' } });
    expect(await announced()).toMatchObject({ objects: 1 });
    expect(await sweep()).toEqual([]);
  });
});

describe('drift of the applied commit, after a newer one was refused', () => {
  const NAMELESS = 'apiVersion: v1\nkind: ConfigMap\n';

  async function shown(): Promise<unknown> {
    const { stdout } = await testbed.headgate('status', '--output', 'json');
    return (JSON.parse(stdout) as unknown[])[0];
  }

  it('is corrected, and headgate status still shows the refusal', async () => {
    testbed = await Testbed.build();
    const revision = await deployed({ 'apps/a.yaml': configMap('a', { level: '1' }) });
    const attemptedRevision = await testbed.push({ 'apps/b.yaml': NAMELESS });
    expect(await sweep()).toMatchObject([{ verdict: 'refused', revision: attemptedRevision }]);
    expect(await shown()).toMatchObject({ verdict: 'refused', revision, attemptedRevision });
    await edit('configmap', 'a', { data: { level: '9' } });
    expect(await sweep()).toMatchObject([{ verdict: 'deployed', revision, updated: 1 }]);
    expect(await testbed.configMaps()).toEqual({ a: { level: '1' } });
    expect(await shown()).toMatchObject({ verdict: 'refused', revision, attemptedRevision });
    expect(await sweep()).toEqual([]);
  });

  it('is not recorded as the outcome of that commit when it cannot be corrected', async () => {
    const proxy = await startFaultProxy(inject('cluster'));
    const directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
    onTestFinished(async () => {
      await proxy.close();
      await rm(directory, { recursive: true, force: true });
    });
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, proxy.kubeconfig);
    testbed = await Testbed.build({ kubeconfig });
    const revision = await deployed({ 'apps/a.yaml': configMap('a', { level: '1' }) });
    await testbed.push({ 'apps/b.yaml': NAMELESS });
    expect(await sweep()).toMatchObject([{ verdict: 'refused' }]);
    await edit('configmap', 'a', { data: { level: '9' } });
    proxy.fault = ({ method, path }) =>
      method === 'PATCH' && path.includes('configmaps/a?') && !path.includes('dryRun') ? { status: 422 } : 'pass';
    expect(await sweep()).toMatchObject([{ verdict: 'refused', revision, failed: 1 }]);
    expect(await shown()).toMatchObject({ verdict: 'partial', revision, attemptedRevision: revision });
  });
});

describe('drift detection', () => {
  const inBoth = (namespace: string) =>
    `${configMap('a', { level: '1' })}---\n${configMap('b', { level: '1' }, `  namespace: ${namespace}-jobs\n`)}`;

  async function listsOf(act: () => Promise<unknown>): Promise<readonly string[]> {
    const lists = async () => (await testbed.auditOf(testbed.namespace)).filter(({ verb }) => verb === 'list');
    const earlier = (await lists()).length;
    await act();
    return (await lists()).slice(earlier).map(({ uri, code }) => `${uri.split('?')[0]} ${code}`);
  }

  it('lists all namespaces of a target in one request', async () => {
    testbed = await Testbed.build({ target: { namespaces: ['NAMESPACE', 'NAMESPACE-jobs'] } });
    await testbed.kubectl('create', 'namespace', `${testbed.namespace}-jobs`);
    await deployed({ 'apps/both.yaml': inBoth(testbed.namespace) });
    await testbed.kubectl('-n', `${testbed.namespace}-jobs`, 'delete', 'configmap', 'b');
    expect(await listsOf(async () => expect(await sweep()).toMatchObject([{ created: 1 }]))).toEqual([
      '/api/v1/configmaps 200',
    ]);
    await testbed.kubectl('delete', 'namespace', `${testbed.namespace}-jobs`, '--wait=false');
  });

  it('lists namespaces one by one when it may not list all, and never treats objects that it may not list as deleted', async () => {
    testbed = await Testbed.build({
      target: { namespaces: ['NAMESPACE', 'NAMESPACE-jobs'], serviceAccount: 'NAMESPACE/deployer' },
    });
    const jobs = `${testbed.namespace}-jobs`;
    await testbed.kubectl('create', 'namespace', jobs);
    await inNamespace('create', 'serviceaccount', 'deployer');
    for (const [namespace, verbs] of [
      [testbed.namespace, 'get,list,create,patch,delete'],
      [jobs, 'get,create,patch,delete'],
    ] as const) {
      await testbed.kubectl('-n', namespace, 'create', 'role', 'd', `--verb=${verbs}`, '--resource=configmaps');
      const account = `--serviceaccount=${testbed.namespace}:deployer`;
      await testbed.kubectl('-n', namespace, 'create', 'rolebinding', 'd', '--role=d', account);
    }
    await deployed({ 'apps/both.yaml': inBoth(testbed.namespace) });
    await edit('configmap', 'a', { data: { level: '9' } });
    await testbed.kubectl('-n', jobs, 'delete', 'configmap', 'b');
    const lists = await listsOf(async () => expect(await sweep()).toMatchObject([{ updated: 1, created: 0 }]));
    expect(new Set(lists)).toEqual(
      new Set([
        '/api/v1/configmaps 403',
        `/api/v1/namespaces/${testbed.namespace}/configmaps 200`,
        `/api/v1/namespaces/${jobs}/configmaps 403`,
      ]),
    );
    expect(testbed.log.find(({ message }) => message === 'drift-not-seen')).toMatchObject({
      errors: [
        { code: 'manifest-forbidden', subject: `configmaps in ${jobs}`, remedy: expect.stringContaining('[list]') },
      ],
    });
    await testbed.kubectl('delete', 'namespace', jobs, '--wait=false');
  });
});

describe('a sweep of an unchanged target', () => {
  it('reads the state and one list per kind and writes nothing: a run removes the kinds that are no longer owned', async () => {
    testbed = await Testbed.build();
    const many = Object.fromEntries(
      Array.from({ length: 450 }, (_, n) => [`apps/c${n}.yaml`, configMap(`c${n}`, { value: `${n}` })]),
    );
    await deployed({ ...many, 'apps/web.yaml': web, 'apps/held.yaml': job('held', 'suspend: true, ') });
    await deployed({ 'apps/held.yaml': null });
    expect(await sweep()).toEqual([]);
    const before = await versions();
    const kinds = async () =>
      (await testbed.get('configmap', `headgate-${testbed.namespace}`))?.['metadata'] as { annotations: object };
    expect((await kinds()).annotations).toMatchObject({
      'applyset.kubernetes.io/contains-group-kinds': 'ConfigMap,Deployment.apps',
    });

    const asked = async () =>
      (await testbed.auditOf(testbed.namespace)).map(({ verb, uri }) => `${verb} ${uri.split('?')[0]}`);
    const earlier = (await asked()).length;
    expect(await sweep()).toEqual([]);
    expect(await versions()).toBe(before);
    const of = `/api/v1/namespaces/${testbed.namespace}/configmaps`;
    const parent = `get ${of}/headgate-${testbed.namespace}`;
    expect((await asked()).slice(earlier).toSorted()).toEqual(
      [
        parent,
        parent,
        `get ${of}/headgate-${testbed.namespace}.1`,
        `get ${of}/headgate-${testbed.namespace}.2`,
        `list ${of}`,
        `list /apis/apps/v1/namespaces/${testbed.namespace}/deployments`,
      ].toSorted(),
    );

    // A part of the state that somebody deleted is found missing, and made again before anything is said to be gone.
    await inNamespace('delete', 'configmap', `headgate-${testbed.namespace}.1`);
    await edit('configmap', 'c7', { data: { value: 'by hand' } });
    expect(await sweep()).toMatchObject([{ verdict: 'deployed', updated: 1, created: 0, pruned: 0, errors: [] }]);
    expect((await testbed.configMaps())['c7']).toEqual({ value: '7' });
    expect(await sweep()).toEqual([]);
  });

  it('does nothing while another run holds the lease', async () => {
    testbed = await Testbed.build();
    await deployed({ 'apps/a.yaml': configMap('a', { level: '1' }) });
    const parent = `headgate-${testbed.namespace}`;
    const { data } = (await testbed.get('configmap', parent)) as { data: { state: string } };
    const lease = { run: 'r', holder: 'another', untilMs: Date.now() + 60_000 };
    await edit('configmap', parent, { data: { state: JSON.stringify({ ...JSON.parse(data.state), lease }) } });
    await edit('configmap', 'a', { data: { level: '9' } });
    expect(await sweep()).toEqual([]);
    expect(await testbed.configMaps()).toEqual({ a: { level: '9' } });
  });
});
