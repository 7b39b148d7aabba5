import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { startFaultProxy } from '../rig/cluster/fault-proxy.ts';
import type { FaultProxy } from '../rig/cluster/fault-proxy.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

const account = (name: string) => `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}\n`;

let proxy: FaultProxy;
let directory: string;
let testbed: Testbed;

beforeEach(async () => {
  proxy = await startFaultProxy(inject('cluster'));
  directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
  await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
  testbed = await Testbed.build({ kubeconfig: join(directory, 'kubeconfig') });
  await testbed.start();
});

afterEach(async () => {
  proxy.fault = () => 'pass';
  await removeWebhook();
  await testbed.tearDown();
  await proxy.close();
  await rm(directory, { recursive: true, force: true });
});

const webhook = () => `${testbed.namespace}.example.com`;

/** An admission webhook for this namespace whose server does not exist. */
async function addDeadWebhook(resource: string): Promise<void> {
  await testbed.applyByHand(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: ${testbed.namespace} }
webhooks:
  - name: ${webhook()}
    clientConfig: { url: "https://127.0.0.1:1/validate" }
    rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [${resource}] }]
    namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ${testbed.namespace} } }
    failurePolicy: Fail
    sideEffects: None
    admissionReviewVersions: [v1]
`);
}

async function removeWebhook(): Promise<void> {
  await testbed.kubectl('delete', 'validatingwebhookconfiguration', testbed.namespace, '--ignore-not-found');
}

const statusesOf = (revision: string) =>
  testbed.host.statusesOf(revision).map(({ state, description }) => `${state} ${description}`);

async function reported(revision: string, text: string): Promise<void> {
  await vi.waitFor(() => expect(statusesOf(revision)).toContainEqual(expect.stringContaining(text)), {
    timeout: 30_000,
  });
}

async function shown(): Promise<Record<string, unknown>> {
  const { stdout } = await testbed.headgate('status', '--output', 'json');
  return (JSON.parse(stdout) as Record<string, unknown>[])[0] ?? {};
}

describe('an admission webhook that does not answer', () => {
  it('is named on the commit and by headgate status, until the commit is deployed', async () => {
    const before = await testbed.push({ 'apps/a.yaml': configMap('a') });
    await testbed.outcome(before, 'deployed');
    await addDeadWebhook('serviceaccounts');
    const revision = await testbed.push({ 'apps/s.yaml': account('s') });
    await reported(revision, `pending retrying: webhook ${webhook()} does not answer (3 tries)`);
    expect(await shown()).toMatchObject({
      verdict: 'retrying',
      revision: before,
      attemptedRevision: revision,
      retrying: {
        reason: expect.stringContaining(`webhook ${webhook()} does not answer: `),
        since: expect.any(String),
      },
    });
    const { stdout } = await testbed.headgate('status');
    expect(stdout).toMatch(/ retrying /);
    expect(stdout).toContain(`retrying: ${testbed.namespace} ${revision.slice(0, 12)} `);
    await removeWebhook();
    await testbed.outcome(revision, 'deployed');
    await reported(revision, 'success 1 created');
    expect(statusesOf(revision)[0]).toBe(`pending retrying: webhook ${webhook()} does not answer (2 tries)`);
    expect(await shown()).toMatchObject({ verdict: 'deployed', revision, attemptedRevision: revision });
    expect(await shown()).not.toHaveProperty('retrying');
  });

  it('costs one write of the state, however often the run is tried', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
    await addDeadWebhook('serviceaccounts');
    const seen = proxy.requests.length;
    const revision = await testbed.push({ 'apps/s.yaml': account('s') });
    await reported(revision, `pending retrying: webhook ${webhook()} does not answer (4 tries)`);
    const writes = proxy.requests
      .slice(seen)
      .filter(({ method, path }) => method === 'PATCH' && path.includes('configmaps/headgate-'));
    expect(writes).toHaveLength(1);
  });

  it('leaves no commit pending when a revert replaces the one that it held up', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
    await addDeadWebhook('serviceaccounts');
    const held = await testbed.push({ 'apps/s.yaml': account('s') });
    await reported(held, 'pending retrying');
    await testbed.git('revert', '--no-edit', 'HEAD');
    const revision = await testbed.commitAndPush();
    await reported(revision, 'success no changes');
    expect(statusesOf(held).at(-1)).toBe(`error superseded by ${revision.slice(0, 7)}`);
    expect(await shown()).toMatchObject({ verdict: 'deployed' });
  });

  it('is reported on the commit alone when it also keeps the state from being written', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
    await addDeadWebhook('configmaps');
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await reported(revision, `pending retrying: webhook ${webhook()} does not answer (2 tries)`);
    expect(await shown()).toMatchObject({ verdict: 'deployed' });
    await removeWebhook();
    await reported(revision, 'success 1 updated');
  });

  it('does not make a commit pending again that has its final status', async () => {
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a').replace('\ndata:', '\ndota:') });
    await testbed.outcome(revision, 'refused');
    const final = statusesOf(revision);
    proxy.fault = ({ method, path }) => (method === 'PATCH' && path.includes('dryRun=All') ? { status: 503 } : 'pass');
    await testbed.host.redeliver(testbed.host.deliveries.at(-1)?.id ?? '');
    await testbed.until(() => testbed.log.filter((line) => line['verdict'] === 'failed').length >= 3);
    expect(statusesOf(revision)).toEqual(final);
  });
});

describe('a commit whose runs fail', () => {
  it('is pending while the API server is down, and gets a final status from the run of the commit that replaces it', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
    proxy.fault = () => 'cut-before';
    const held = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await reported(held, 'pending retrying: the API server does not respond (2 tries)');
    proxy.fault = () => 'pass';
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '3' }) });
    await reported(revision, 'success 1 updated');
    expect(statusesOf(held).at(-1)).toBe(`error superseded by ${revision.slice(0, 7)}`);
  });

  it('is not reported as being applied until its run holds the lease', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
    let writes = 0;
    proxy.fault = ({ method, path }) =>
      method === 'PATCH' && path.includes('configmaps/headgate-') && (writes += 1) === 1 ? { status: 409 } : 'pass';
    const pushed = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await reported(pushed, 'success 1 updated');
    expect(statusesOf(pushed)).toEqual(['pending applying', expect.stringMatching(/^success 1 updated/)]);
  });

  it('is pending while the API server throttles or fails', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
    proxy.fault = ({ path }) =>
      path.includes('dryRun=All') ? { status: 429, headers: { 'retry-after': '1' } } : 'pass';
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await reported(revision, 'pending retrying: the API server is throttling requests (429) (');
    proxy.fault = ({ path }) => (path.includes('dryRun=All') ? { status: 503 } : 'pass');
    await reported(revision, 'pending retrying: the API server failed (503) (');
    proxy.fault = () => 'pass';
    await reported(revision, 'success 1 updated');
    expect(statusesOf(revision).filter((status) => !status.startsWith('pending'))).toHaveLength(1);
  });

  it('is pending while the Git host does not serve the repository', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
    testbed.host.faults = { lose: () => true };
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    testbed.host.faults = { git: { status: 503, times: 1000 } };
    await testbed.host.redeliver(testbed.host.deliveries.at(-1)?.id ?? '');
    await reported(revision, 'pending retrying: the Git host failed (');
    expect(await shown()).toMatchObject({ verdict: 'retrying', attemptedRevision: revision });
    testbed.host.faults = {};
    await reported(revision, 'success 1 updated');
  });
});
