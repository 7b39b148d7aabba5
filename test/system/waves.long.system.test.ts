import { afterEach, describe, expect, it, vi } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import { widgetDefinition } from '../rig/testbed/widgets.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

interface Options {
  readonly image?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function deployment(name: string, { image = 'ghcr.io/acme/app:1', annotations = {} }: Options = {}): string {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, annotations }, spec });
}

const wave = (number: string) => ({ annotations: { 'headgate.dev/wave': number } });
const STUCK = { image: 'no-such-image' };

const dependsOn = (...names: readonly string[]) => ({
  annotations: {
    'config.kubernetes.io/depends-on': names
      .map((name) => `apps/namespaces/${testbed.namespace}/Deployment/${name}`)
      .join(','),
  },
});

const statuses = (revision: string, target = testbed.namespace) =>
  testbed.host
    .statusesOf(revision)
    .filter(({ context }) => context === `headgate/${target}`)
    .map(({ state, description }) => `${state} ${description}`);

async function ends(revision: string, status: RegExp, target?: string): Promise<void> {
  const last = () => {
    const found = statuses(revision, target).at(-1) ?? 'no status';
    if (!status.test(found))
      throw new Error(`${found}, not ${status}: ${JSON.stringify(testbed.log.slice(-20), null, 1)}`);
  };
  await vi.waitFor(last, { timeout: 90_000, interval: 20 });
}

interface Stamped {
  readonly metadata: { readonly name: string; readonly uid: string; readonly creationTimestamp: string };
  readonly status?: { readonly conditions?: readonly { type: string; status: string; lastTransitionTime: string }[] };
}

/** When an object was created and when it was ready, to the second. */
async function times(name: string): Promise<{ createdMs: number; readyMs: number }> {
  const { metadata, status } = JSON.parse(
    await testbed.kubectl('-n', testbed.namespace, 'get', 'deployment', name, '-o', 'json'),
  ) as Stamped;
  const available = status?.conditions?.find(({ type }) => type === 'Available');
  return {
    createdMs: Date.parse(metadata.creationTimestamp),
    readyMs: Date.parse(available?.lastTransitionTime ?? ''),
  };
}

describe('waves', () => {
  it('are applied in order, each when the one before is ready, with the prune last and one final commit status', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const old = await testbed.push({ 'apps/old.yaml': configMap('old') });
    await ends(old, /^success/);
    const revision = await testbed.push({
      'apps/old.yaml': null,
      'apps/db.json': deployment('db', wave('-1')),
      'apps/api.json': deployment('api'),
      'apps/web.json': deployment('web', { annotations: { 'argocd.argoproj.io/sync-wave': '1' } }),
    });
    const first = await testbed.outcome(revision, 'waiting');
    expect(first).toMatchObject({ created: 1, pruned: 0, waitingFor: [`Deployment ${testbed.namespace}/db`] });
    await ends(revision, /^success 3 created, 1 pruned, ready in \d+\.\d s$/);
    expect(statuses(revision).map((text) => text.split(' ')[0])).not.toContain('failure');
    const [db, api, web] = await Promise.all(['db', 'api', 'web'].map((name) => times(name)));
    expect(api?.createdMs).toBeGreaterThanOrEqual(db?.readyMs ?? Infinity);
    expect(web?.createdMs).toBeGreaterThanOrEqual(api?.readyMs ?? Infinity);
    // Of four runs of one commit the last one commits, and none of them does again what one before did.
    const outcomes = testbed.log.filter((line) => line['verdict'] !== undefined && line['revision'] === revision);
    expect(outcomes.map(({ message, created, pruned }) => `${message} ${String(created)} ${String(pruned)}`)).toEqual([
      'waiting 1 0',
      'waiting 1 0',
      'waiting 1 0',
      'deployed 0 1',
    ]);
    expect(Object.keys(await testbed.configMaps())).toEqual([]);
  });

  it('stop at a wave that fails, hold no lease meanwhile, and resume with the fixing push', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const bad = await testbed.push({
      'apps/db.json': deployment('db', { ...STUCK, ...wave('-1') }),
      'apps/web.json': deployment('web'),
    });
    await ends(bad, /^failure 0 of 1 ready: db: ImagePullBackOff no-such-image/);
    expect(await testbed.get('deployment', 'web')).toBeNull();
    // Another push is taken at once. It changes nothing about what is waited for.
    const other = await testbed.push({ 'apps/settings.yaml': configMap('settings') });
    expect(await testbed.outcome(other, 'waiting')).toMatchObject({
      waitingFor: [`Deployment ${testbed.namespace}/db`],
    });
    expect(await testbed.get('deployment', 'web')).toBeNull();
    const [status] = JSON.parse((await testbed.headgate('status', '--output', 'json')).stdout) as { verdict: string }[];
    expect(status?.verdict).toBe('waiting');
    const fixed = await testbed.push({ 'apps/db.json': deployment('db', wave('-1')) });
    await ends(fixed, /^success .*ready in/);
    expect(await testbed.get('deployment', 'web')).not.toBeNull();
    expect(Object.keys(await testbed.configMaps())).toEqual(['settings']);
  });

  it('resume after a restart, and headgate deploy applies all of them', async () => {
    testbed = await Testbed.build();
    const revision = await testbed.push({
      'apps/a.json': deployment('a', wave('1')),
      'apps/b.json': deployment('b', wave('2')),
      'apps/c.json': deployment('c', wave('3')),
    });
    const { code, stdout } = await testbed.headgate('deploy', testbed.namespace);
    expect([code, stdout]).toEqual([
      0,
      `${testbed.namespace}: deployed at ${revision.slice(0, 12)} (3 created, ready)\n`,
    ]);
    await testbed.start();
    const next = await testbed.push({
      'apps/a.json': deployment('a', { ...STUCK, ...wave('1') }),
      'apps/c.json': deployment('c', { image: 'ghcr.io/acme/app:2', ...wave('3') }),
    });
    await testbed.outcome(next, 'waiting');
    await testbed.stop();
    await testbed.start();
    await testbed.kubectl('-n', testbed.namespace, 'set', 'image', 'deployment/a', 'app=ghcr.io/acme/app:3');
    await ends(next, /^success 2 updated, ready in/);
  });
});

describe('depends-on', () => {
  it('waits for the object that another one depends on, even when its file did not change', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const first = await testbed.push({
      'apps/db.json': deployment('db', STUCK),
      'apps/web.json': deployment('web', dependsOn('db')),
    });
    await ends(first, /^failure 0 of 1 ready: db:/);
    expect(await testbed.get('deployment', 'web')).toBeNull();
    const fixed = await testbed.push({ 'apps/db.json': deployment('db') });
    await ends(fixed, /^success .*ready in/);
    expect(await testbed.get('deployment', 'web')).not.toBeNull();

    const api = await testbed.push({ 'apps/api.json': deployment('api', dependsOn('db')) });
    await ends(api, /^success 1 created, ready in/);
    const audit = await testbed.auditOf(`${testbed.namespace}@${api.slice(0, 12)}`);
    const reads = audit.filter(({ verb, uri }) => verb === 'get' && uri.endsWith('/deployments/db'));
    expect(reads.length).toBeGreaterThanOrEqual(1);
  });

  it('finds an object of a custom kind, also in a process that has just started', async () => {
    // No check that the new process continues may read the kinds first.
    testbed = await Testbed.build({ target: { wait: '0s' } });
    const group = `${testbed.namespace}.example.com`;
    await testbed.applyByHand(widgetDefinition(group, [{ name: 'v1' }]));
    await testbed.kubectl('wait', '--for=condition=Established', `crd/widgets.${group}`);
    await testbed.start();
    const widget = JSON.stringify({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'db' } });
    await testbed.outcome(await testbed.push({ 'apps/db.json': widget }), 'deployed');
    await testbed.stop();
    await testbed.start();
    const on = `config.kubernetes.io/depends-on: ${group}/namespaces/${testbed.namespace}/Widget/db`;
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a', {}, `  annotations:\n    ${on}\n`) });
    expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', created: 1 });
    await testbed.kubectl('delete', 'crd', `widgets.${group}`, '--wait=false');
  });

  it('refuses a missing or circular dependency with file and line, before anything is written', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const revision = await testbed.push({
      'apps/a.json': deployment('a', dependsOn('b')),
      'apps/b.json': deployment('b', dependsOn('a')),
      'apps/c.json': deployment('c', dependsOn('nobody')),
    });
    const { errors } = await testbed.outcome(revision, 'refused');
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'manifest-invalid',
        subject: 'apps/b.json:1',
        message: expect.stringContaining('has a cycle'),
      }),
      expect.objectContaining({ subject: 'apps/c.json:1', message: expect.stringContaining('does not own') }),
    ]);
    expect(await testbed.get('deployment', 'a')).toBeNull();
  });
});

describe('targets that depend on others', () => {
  const targets = [
    { name: 'infra-NAMESPACE', path: 'infra' },
    { name: 'shop-NAMESPACE', path: 'shop', dependsOn: ['infra-NAMESPACE'] },
  ];

  it('are applied when their dependencies are at the tip and ready, in the same push and across pushes', async () => {
    testbed = await Testbed.build({ targets });
    await testbed.start();
    const [infra, shop] = [`infra-${testbed.namespace}`, `shop-${testbed.namespace}`];
    const first = await testbed.push({ 'infra/db.json': deployment('db'), 'shop/web.json': deployment('web') });
    await ends(first, /^success 1 created, ready in/, infra);
    await ends(first, /^success 1 created, ready in/, shop);
    const [db, web] = await Promise.all(['db', 'web'].map((name) => times(name)));
    expect(web?.createdMs).toBeGreaterThanOrEqual(db?.readyMs ?? Infinity);

    const broken = await testbed.push({ 'infra/db.json': deployment('db', STUCK) });
    await ends(broken, /^failure/, infra);
    const waiting = await testbed.push({ 'shop/settings.yaml': configMap('settings') });
    await ends(waiting, new RegExp(`^pending waiting for target ${infra}$`), shop);
    expect(await testbed.configMaps()).toEqual({});
    const fixed = await testbed.push({ 'infra/db.json': deployment('db') });
    await ends(fixed, /^success 1 updated, ready in/, infra);
    await testbed.logged(
      (line) => line['target'] === shop && line.message === 'deployed' && line['revision'] === fixed,
    );
    expect(Object.keys(await testbed.configMaps())).toEqual(['settings']);
    // The commit that waited was overtaken before it was applied.
    expect(statuses(waiting, shop).at(-1)).toBe(`error superseded by ${fixed.slice(0, 7)}`);
  });

  it('give a waiting commit a final status, even when there is nothing left to apply', async () => {
    testbed = await Testbed.build({ targets });
    await testbed.start();
    const [infra, shop] = [`infra-${testbed.namespace}`, `shop-${testbed.namespace}`];
    const first = await testbed.push({
      'infra/db.json': deployment('db', STUCK),
      'shop/settings.yaml': configMap('settings'),
    });
    await ends(first, /^failure/, infra);
    await ends(first, new RegExp(`^pending waiting for target ${infra}$`), shop);
    const fix = () =>
      testbed.kubectl('-n', testbed.namespace, 'set', 'image', 'deployment/db', 'app=ghcr.io/acme/app:9');
    await fix();
    await ends(first, /^success 1 created, ready in/, infra);
    await ends(first, /^success 1 created, ready in/, shop);

    const commented = await testbed.push({
      'infra/db.json': deployment('db', { ...STUCK, annotations: { note: 'again' } }),
      'shop/settings.yaml': `# only a comment\n${configMap('settings')}`,
    });
    await ends(commented, /^failure/, infra);
    await ends(commented, new RegExp(`^pending waiting for target ${infra}$`), shop);
    await fix();
    await ends(commented, /^success no changes$/, shop);
    expect(await testbed.configMaps()).toEqual({ settings: {} });
  });

  it('leave no commit pending that a push with a lost delivery takes back', async () => {
    testbed = await Testbed.build({ targets, sweepIntervalMs: 300 });
    await testbed.start();
    const [infra, shop] = [`infra-${testbed.namespace}`, `shop-${testbed.namespace}`];
    const first = await testbed.push({ 'infra/db.json': deployment('db'), 'shop/a.yaml': configMap('a', { v: '1' }) });
    await ends(first, /^success 1 created, ready in/, shop);
    await ends(await testbed.push({ 'infra/db.json': deployment('db', STUCK) }), /^failure/, infra);
    const waiting = await testbed.push({ 'shop/a.yaml': configMap('a', { v: '2' }) });
    await ends(waiting, new RegExp(`^pending waiting for target ${infra}$`), shop);
    testbed.host.faults = { lose: () => true };
    const back = await testbed.push({ 'shop/a.yaml': configMap('a', { v: '1' }) });
    await ends(waiting, new RegExp(`^error superseded by ${back.slice(0, 7)}`), shop);
    expect(await testbed.configMaps()).toEqual({ a: { v: '1' } });
  });
});
