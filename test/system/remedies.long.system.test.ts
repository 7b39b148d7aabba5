import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../src/resource/resource.ts';
import { startAdmissionServer } from '../rig/cluster/admission-server.ts';
import type { AdmissionServer } from '../rig/cluster/admission-server.ts';
import { openApi } from '../rig/cluster/api.ts';
import { kubectl } from '../rig/cluster/control-plane.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

const text = (object: JsonObject) => JSON.stringify(object);
const image = 'example.com/web:1';
const ADMISSION = 'admissionregistration.k8s.io/v1';

function pod(
  name: string,
  container: JsonObject = {},
  more: { metadata?: JsonObject; spec?: JsonObject } = {},
): string {
  return text({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...more.metadata },
    spec: { containers: [{ name: 'web', image, ...container }], ...more.spec },
  });
}

function workload(kind: string, name: string, spec: JsonObject = {}): string {
  return text({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image }] } },
      ...spec,
    },
  });
}

const service = (name: string, spec: JsonObject) =>
  text({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
const labeled = (name: string, label: string) => configMap(name, {}, `  labels: { refuse: ${label} }\n`);
const inNamespace = (name: string) => ({ metadata: { namespace: name } });
const role = (name: string, resource: string) =>
  text({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name },
    rules: [{ apiGroups: [''], resources: [resource], verbs: ['get', 'create', 'patch'] }],
  });
const binding = (name: string, to: string, user = 'someone') =>
  text({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: to },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });

let testbed: Testbed;

/** Refuses objects by their label `refuse`, so that every test can have its policy from the start. */
function policy(name: string, operations: readonly string[], reason?: string): readonly JsonObject[] {
  const metadata = { name: `${testbed.namespace}-${name}` };
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations, resources: ['configmaps'] };
  return [
    {
      apiVersion: ADMISSION,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': testbed.namespace } },
          objectSelector: { matchLabels: { refuse: name } },
          resourceRules: [rule],
        },
        validations: [{ expression: 'false', message: 'not today', ...(reason === undefined ? {} : { reason }) }],
      },
    },
    {
      apiVersion: ADMISSION,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    },
  ];
}

function webhook(name: string, url: string): JsonObject {
  return {
    apiVersion: ADMISSION,
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: `${testbed.namespace}-${name}` },
    webhooks: [
      {
        name: `${name}.example.com`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        timeoutSeconds: 5,
        clientConfig: { url, caBundle: readFileSync(testbed.cluster.caFile).toString('base64') },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': testbed.namespace } },
        objectSelector: { matchLabels: { refuse: name } },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }],
      },
    ],
  };
}

/** With a status code that alone would mean a concurrent write. */
const DENIED = { allowed: false, status: { code: 409, reason: 'Conflict', message: 'not today' } };

/** A policy takes effect some moments after it was created. */
async function refusesByHand(manifest: string, words: RegExp, namespace = testbed.namespace): Promise<void> {
  const attempt = async () => expect(await applied(manifest, namespace, '--dry-run=server')).toMatch(words);
  await vi.waitFor(attempt, { timeout: 60_000, interval: 200 });
}

async function byHand(objects: readonly JsonObject[], namespace = testbed.namespace): Promise<void> {
  expect(await applied(text({ apiVersion: 'v1', kind: 'List', items: objects }), namespace)).toBe('');
}

/** What kubectl writes to its error output. */
async function applied(manifest: string, namespace: string, ...args: readonly string[]): Promise<string> {
  const { code, stderr } = await kubectl(testbed.cluster, ['-n', namespace, 'apply', ...args, '-f', '-'], manifest);
  return code === 0 ? '' : stderr;
}

describe('a refusal of the API server', () => {
  let server: AdmissionServer;
  let quotas = '';
  let restricted = '';

  /** Deployed before, and restored after each case. */
  const good: Readonly<Record<string, string>> = {
    'apps/web.json': workload('Deployment', 'web'),
    'apps/set.json': workload('StatefulSet', 'set', { serviceName: 'set' }),
    'apps/bare.json': pod('bare'),
    'apps/fixed.yaml': configMap('fixed', { a: '1' }, 'immutable: true\n').replace(
      'metadata:\n  name: fixed\nimmutable: true\n',
      'immutable: true\nmetadata:\n  name: fixed\n',
    ),
    'apps/service.json': service('taken', { type: 'NodePort', ports: [{ port: 80, nodePort: 31_654 }] }),
    'apps/address.json': service('address', {}),
  };

  beforeAll(async () => {
    testbed = await Testbed.build({ target: { clusterScoped: true, namespaces: ['*'] } });
    quotas = `${testbed.namespace}-q`;
    restricted = `${testbed.namespace}-r`;
    server = await startAdmissionServer(testbed.cluster, () => DENIED);
    await byHand([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: quotas } },
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: restricted, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      },
      ...policy('denied', ['CREATE', 'UPDATE']),
      ...policy('too-large', ['CREATE', 'UPDATE'], 'RequestEntityTooLarge'),
      ...policy('kept', ['DELETE']),
      webhook('webhook', server.url),
      webhook('dead', 'https://127.0.0.1:1/'),
    ]);
    await byHand(
      [
        {
          apiVersion: 'v1',
          kind: 'ResourceQuota',
          metadata: { name: 'few' },
          spec: { hard: { 'count/secrets': '0', 'requests.memory': '1Gi' } },
        },
        {
          apiVersion: 'v1',
          kind: 'LimitRange',
          metadata: { name: 'small' },
          spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] },
        },
      ],
      quotas,
    );
    await refusesByHand(labeled('probe', 'denied'), /denied request/);
    await refusesByHand(labeled('probe', 'too-large'), /denied request/);
    await refusesByHand(labeled('probe', 'webhook'), /denied the request/);
    await refusesByHand(labeled('probe', 'dead'), /failed calling webhook/);
    await refusesByHand(pod('probe'), /must specify/, quotas);
    await testbed.start();
    const deployed = await testbed.push(good);
    await testbed.outcome(deployed, 'deployed', 60_000);
  }, 120_000);

  afterAll(async () => {
    server.close();
    const names = ['denied', 'too-large', 'kept', 'webhook', 'dead'].map((name) => `${testbed.namespace}-${name}`);
    for (const kind of [
      'validatingadmissionpolicies',
      'validatingadmissionpolicybindings',
      'validatingwebhookconfigurations',
    ])
      await testbed.kubectl('delete', kind, '--ignore-not-found', ...names);
    await testbed.kubectl('delete', 'namespace', '--wait=false', quotas, restricted);
    await testbed.tearDown();
  });

  /** What the push changes, the code, a part of the remedy. `refused`: nothing was changed. */
  const CASES: readonly (readonly [string, () => Readonly<Record<string, string>>, string, RegExp])[] = [
    [
      'an unknown field',
      () => ({ 'apps/web.json': workload('Deployment', 'web', { replica: 2 }) }),
      'manifest-rejected',
      /^Fix the field .* kubectl explain deployment describes/,
    ],
    [
      'a value of the wrong type',
      () => ({ 'apps/web.json': workload('Deployment', 'web', { replicas: 'two' }) }),
      'manifest-rejected',
      /kubectl explain deployment/,
    ],
    [
      'an invalid value',
      () => ({ 'apps/web.json': workload('Deployment', 'web', { replicas: -1 }) }),
      'manifest-rejected',
      /kubectl explain deployment/,
    ],
    [
      'an immutable field',
      () => ({ 'apps/fixed.yaml': (good['apps/fixed.yaml'] ?? '').replace('"1"', '"2"') }),
      'field-immutable',
      /^Revert the change .* headgate\.dev\/replace: immutable/,
    ],
    [
      'a changed field of a bare Pod',
      () => ({ 'apps/bare.json': pod('bare', { name: 'renamed' }) }),
      'field-immutable',
      /headgate\.dev\/replace: immutable/,
    ],
    [
      'a Recreate strategy after the default one',
      () => ({ 'apps/web.json': workload('Deployment', 'web', { strategy: { type: 'Recreate' } }) }),
      'manifest-rejected',
      /push twice: first type: RollingUpdate with rollingUpdate: \{\}, then/,
    ],
    [
      'an OnDelete strategy after the default one',
      () => ({
        'apps/set.json': workload('StatefulSet', 'set', { serviceName: 'set', updateStrategy: { type: 'OnDelete' } }),
      }),
      'manifest-rejected',
      /push twice/,
    ],
    [
      'an object too large for the server',
      () => ({ 'apps/bad.yaml': configMap('bad', { a: 'x'.repeat(1_100_000) }) }),
      'manifest-too-large',
      /^Split the object/,
    ],
    [
      'annotations that are too large',
      () => ({ 'apps/bad.yaml': configMap('bad', {}, `  annotations: { a: ${'x'.repeat(270_000)} }\n`) }),
      'manifest-too-large',
      /^Split the object/,
    ],
    [
      'a taken node port',
      () => ({ 'apps/bad.json': service('bad', { type: 'NodePort', ports: [{ port: 80, nodePort: 31_654 }] }) }),
      'manifest-rejected',
      /^Set another value, or remove the field/,
    ],
    [
      'a cluster IP outside the range',
      () => ({ 'apps/bad.json': service('bad', { clusterIP: '192.168.1.1' }) }),
      'manifest-rejected',
      /^Set another value, or remove the field/,
    ],
    [
      'an exceeded quota',
      () => ({
        'apps/bad.json': text({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bad', namespace: quotas } }),
      }),
      'manifest-forbidden',
      /^Delete objects that count toward quota few, or raise it/,
    ],
    [
      'a quota that requires requests',
      () => ({ 'apps/bad.json': pod('bad', {}, inNamespace(quotas)) }),
      'manifest-forbidden',
      /^Set the resources that the message names/,
    ],
    [
      'a LimitRange',
      () => ({
        'apps/bad.json': pod('bad', { resources: { limits: { cpu: '2', memory: '1M' } } }, inNamespace(quotas)),
      }),
      'manifest-forbidden',
      /LimitRange/,
    ],
    [
      'Pod Security',
      () => ({ 'apps/bad.json': pod('bad', {}, inNamespace(restricted)) }),
      'manifest-forbidden',
      /pod-security\.kubernetes\.io\/enforce/,
    ],
    [
      'a missing PriorityClass',
      () => ({ 'apps/bad.json': pod('bad', {}, { spec: { priorityClassName: 'missing' } }) }),
      'manifest-forbidden',
      /^Create the class first/,
    ],
    [
      'a missing RuntimeClass',
      () => ({ 'apps/bad.json': pod('bad', {}, { spec: { runtimeClassName: 'missing' } }) }),
      'manifest-forbidden',
      /^Create the class first/,
    ],
    [
      'an admission policy',
      () => ({ 'apps/bad.yaml': labeled('bad', 'denied') }),
      'manifest-forbidden',
      /or change ValidatingAdmissionPolicy t-\w+-denied\.$/,
    ],
    [
      'an admission policy that answers 413',
      () => ({ 'apps/bad.yaml': labeled('bad', 'too-large') }),
      'manifest-forbidden',
      /or change ValidatingAdmissionPolicy t-\w+-too-large\.$/,
    ],
    [
      'a webhook that denies, with a status code of its choice',
      () => ({ 'apps/bad.yaml': labeled('bad', 'webhook') }),
      'manifest-forbidden',
      /or change webhook webhook\.example\.com\.$/,
    ],
    [
      'a kind that is not served',
      () => ({ 'apps/bad.yaml': 'apiVersion: example.com/v1\nkind: Nothing\nmetadata: { name: bad }\n' }),
      'kind-unknown',
      /^Fix kind or apiVersion/,
    ],
    [
      'a missing namespace',
      () => ({ 'apps/bad.json': pod('bad', {}, inNamespace(`${testbed.namespace}-missing`)) }),
      'namespace-missing',
      /^Create the namespace/,
    ],
  ];

  it.each(CASES)('for %s has a code and a remedy that fits', async (_what, files, code, remedy) => {
    const changed = files();
    const revision = await testbed.push(changed);
    const outcome = await testbed.outcome(revision);
    const [path = ''] = Object.keys(changed);
    await testbed.write({ [path]: good[path] ?? null });
    expect(outcome).toMatchObject({ verdict: 'refused' });
    expect(outcome['errors']).toEqual([
      // The line is that of the field, where the server names one.
      expect.objectContaining({
        code,
        subject: expect.stringMatching(new RegExp(`^${RegExp.escape(path)}:\\d+$`)),
        remedy: expect.stringMatching(remedy),
      }),
    ]);
  });

  it('for a dead webhook names the webhook, and is retried', async () => {
    const revision = await testbed.push({ 'apps/bad.yaml': labeled('bad', 'dead') });
    expect(await testbed.outcome(revision, 'failed')).toMatchObject({
      errors: [
        { code: 'cluster-broken', remedy: expect.stringContaining('Start the server of webhook dead.example.com') },
      ],
    });
    await testbed.outcome(await testbed.push({ 'apps/bad.yaml': null }), 'unchanged');
  });

  it('for a kind of an APIService whose server is gone names the APIService, and is retried', async () => {
    const group = `dead-${testbed.namespace}.example.com`;
    await byHand([
      {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: `v1.${group}` },
        spec: {
          group,
          version: 'v1',
          groupPriorityMinimum: 100,
          versionPriority: 100,
          insecureSkipTLSVerify: true,
          service: { namespace: testbed.namespace, name: 'missing' },
        },
      },
    ]);
    try {
      await vi.waitFor(async () => expect(await testbed.kubectl('get', '--raw', `/apis/${group}`)).toContain('v1'), {
        timeout: 30_000,
        interval: 200,
      });
      const revision = await testbed.push({
        'apps/bad.yaml': `apiVersion: ${group}/v1\nkind: Widget\nmetadata: { name: bad }\n`,
      });
      expect(await testbed.outcome(revision, 'failed')).toMatchObject({
        errors: [
          {
            code: 'cluster-broken',
            subject: 'apps/bad.yaml:1',
            remedy: expect.stringContaining(`kubectl get apiservice v1.${group}`),
          },
        ],
      });
    } finally {
      // No namespace of the cluster can be deleted while an APIService has no server.
      await testbed.kubectl('delete', 'apiservice', `v1.${group}`);
    }
    await testbed.outcome(await testbed.push({ 'apps/bad.yaml': null }), 'unchanged');
  });

  it('for a namespace that is being deleted says that the retry waits for it', async () => {
    const name = `${testbed.namespace}-t`;
    const held = { name: 'held', finalizers: ['example.com/hold'] };
    await byHand([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }]);
    await byHand([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: held }], name);
    await testbed.kubectl('delete', 'namespace', name, '--wait=false');
    const revision = await testbed.push({ 'apps/bad.json': pod('bad', {}, inNamespace(name)) });
    expect(await testbed.outcome(revision, 'failed')).toMatchObject({
      errors: [{ code: 'still-deleting', remedy: expect.stringContaining('Wait for the retry') }],
    });
    const api = await openApi(testbed.cluster);
    await api.patch(`/api/v1/namespaces/${name}/configmaps/held`, { metadata: { finalizers: null } });
    api.close();
    await testbed.outcome(await testbed.push({ 'apps/bad.json': null }), 'unchanged');
  });

  it('for a denied deletion names the policy, and how to keep the object', async () => {
    await testbed.outcome(await testbed.push({ 'apps/kept.yaml': labeled('kept', 'kept') }), 'deployed');
    const revision = await testbed.push({ 'apps/kept.yaml': null });
    const outcome = await testbed.outcome(revision);
    expect(outcome['errors']).toMatchObject([
      {
        code: 'manifest-forbidden',
        remedy: `Allow the deletion in ValidatingAdmissionPolicy ${testbed.namespace}-kept, or keep the object in Git.`,
      },
    ]);
    const again = await testbed.push({ 'apps/kept.yaml': labeled('kept', 'kept') });
    expect(await testbed.outcome(again)).toMatchObject({ created: 0, updated: 0, pruned: 0, failed: 0 });
  });

  it('for a strategy says a way that works: two pushes', async () => {
    const pushed = (strategy: JsonObject) =>
      testbed.push({ 'apps/web.json': workload('Deployment', 'web', { strategy }) });
    const first = await pushed({ type: 'RollingUpdate', rollingUpdate: {} });
    await testbed.outcome(first, 'deployed');
    await testbed.outcome(await pushed({ type: 'Recreate' }), 'deployed');
    expect(await testbed.get('deployment', 'web')).toMatchObject({ spec: { strategy: { type: 'Recreate' } } });
  });
});

describe('a target with few rights', () => {
  afterEach(async () => {
    await testbed.tearDown();
  });

  async function start(): Promise<void> {
    testbed = await Testbed.build({ target: { serviceAccount: 'NAMESPACE/deployer' } });
    const verbs = ['get', 'list', 'create', 'patch', 'delete'];
    await byHand([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer' } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'deployer' },
        rules: [
          { apiGroups: [''], resources: ['configmaps', 'pods'], verbs },
          { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs },
        ],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'deployer' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'deployer' },
        subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: testbed.namespace }],
      },
    ]);
    await testbed.start();
  }

  it('is refused with the role to create, the rights to grant first, or the role that is missing', async () => {
    await start();
    const errorsOf = async (files: Readonly<Record<string, string | null>>) =>
      (await testbed.outcome(await testbed.push(files), 'refused'))['errors'];
    expect(await errorsOf({ 'apps/a.json': service('a', {}) })).toMatchObject([
      { code: 'manifest-forbidden', remedy: expect.stringContaining('resources [services]') },
    ]);
    const more = { 'apps/a.json': null, 'apps/b.json': role('b', 'secrets'), 'apps/c.json': binding('c', 'missing') };
    expect(await errorsOf(more)).toMatchObject([
      { code: 'manifest-forbidden', remedy: expect.stringContaining('the verbs escalate and bind') },
      { code: 'manifest-rejected', remedy: 'Create missing first, or fix the reference to it.' },
    ]);
  });

  it('may push a Role together with its binding', async () => {
    await start();
    const revision = await testbed.push({ 'apps/a.json': binding('c', 'b'), 'apps/b.json': role('b', 'configmaps') });
    expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', created: 2 });
  });
});

describe('an object that exists', () => {
  afterEach(async () => {
    await testbed.tearDown();
  });

  it('is refused if one of its fields is rejected beside a changed RoleBinding, and nothing is changed', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const good = {
      'apps/a.json': role('b', 'configmaps'),
      'apps/b.json': binding('c', 'b'),
      'apps/c.json': pod('bare'),
    };
    await testbed.outcome(await testbed.push(good), 'deployed');
    const revision = await testbed.push({
      'apps/b.json': binding('c', 'b', 'someone-else'),
      'apps/c.json': pod('bare', { name: 'renamed' }),
    });
    const { code, stdout } = await testbed.headgate('plan', testbed.namespace);
    expect([code, stdout]).toEqual([1, expect.not.stringContaining('not verified')]);
    expect(await testbed.outcome(revision)).toMatchObject({
      verdict: 'refused',
      errors: [{ code: 'field-immutable', subject: 'apps/c.json:1' }],
    });
    expect(await testbed.get('rolebinding', 'c')).toMatchObject({ subjects: [{ name: 'someone' }] });
  }, 120_000);

  it('is planned as an unverified update if an earlier step of the push allows the update', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const quota = (hard: string) =>
      text({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'q' },
        spec: { hard: { 'services.nodeports': hard } },
      });
    const good = { 'apps/q.json': quota('0'), 'apps/s.json': service('s', {}) };
    await testbed.outcome(await testbed.push(good), 'deployed');
    await refusesByHand(service('probe', { type: 'NodePort' }), /exceeded quota/);
    const exposed = { 'apps/q.json': quota('1'), 'apps/s.json': service('s', { type: 'NodePort' }) };
    await testbed.stop();
    await testbed.push(exposed);
    const { stdout } = await testbed.headgate('plan', testbed.namespace);
    expect(stdout).toMatch(/~ update Service \S+ {2}\(apps\/s\.json:1\): not verified/);
    const deployed = await testbed.headgate('deploy', testbed.namespace);
    expect([deployed.code, deployed.stdout]).toEqual([0, expect.stringContaining('2 updated')]);
  }, 120_000);
});

describe('a warning about what stays', () => {
  afterEach(async () => {
    await testbed.tearDown();
  });

  it('has one code for a file that never was a manifest, and one for an object that pruning keeps', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const claim = text({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: { requests: { storage: '1Gi' } } },
    });
    const compose = 'services:\n  web:\n    image: example.com/web:1\n';
    const files = { 'apps/compose.yaml': compose, 'apps/a.yaml': configMap('a'), 'apps/claim.json': claim };
    expect((await testbed.outcome(await testbed.push(files), 'deployed'))['warnings']).toMatchObject([
      { code: 'not-a-manifest', subject: 'apps/compose.yaml:1' },
    ]);
    const without = await testbed.outcome(await testbed.push({ 'apps/claim.json': null }), 'deployed');
    expect(without['warnings']).toMatchObject([
      { code: 'prune-kept', message: expect.stringContaining('prune.kinds') },
    ]);
  });
});

describe('a policy that refuses the state of a target', () => {
  afterEach(async () => {
    const name = `${testbed.namespace}-state`;
    await testbed.kubectl('delete', 'validatingadmissionpolicy', name);
    await testbed.kubectl('delete', 'validatingadmissionpolicybinding', name);
    await testbed.tearDown();
  });

  it('is named, with the ConfigMaps to exempt', async () => {
    testbed = await Testbed.build();
    const [definition, bound] = policy('state', ['CREATE', 'UPDATE']);
    const spec = definition?.['spec'] as { matchConstraints: { resourceRules: JsonObject[] } };
    const { resourceRules } = spec.matchConstraints;
    const named = resourceRules.map((rule) => ({ ...rule, resourceNames: [`headgate-${testbed.namespace}`] }));
    const matchConstraints = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': testbed.namespace } },
      resourceRules: named,
    };
    await byHand([{ ...definition, spec: { ...spec, matchConstraints } }, bound ?? {}]);
    await refusesByHand(configMap(`headgate-${testbed.namespace}`), /denied request/);
    await testbed.start();
    const outcome = await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }));
    expect(outcome['errors']).toMatchObject([
      {
        code: 'manifest-forbidden',
        subject: `ConfigMap ${testbed.namespace}/headgate-${testbed.namespace}`,
        remedy: `Exempt the ConfigMaps headgate-* from ValidatingAdmissionPolicy ${testbed.namespace}-state: they hold the state of the target.`,
      },
    ]);
  });
});
