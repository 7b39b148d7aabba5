import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import { mustRun } from '../rig/programs/command.ts';
import { kubectl } from '../rig/cluster/control-plane.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

// A target with the rights of infra/rbac/target.yaml and no others: a user of its group, as an access entry of EKS makes one.
let testbed: Testbed;
let directory: string;
let kubeconfig: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-rights-'));
  kubeconfig = join(directory, 'kubeconfig');
  testbed = await Testbed.build({ kubeconfig, target: { wait: '0s' } });
  await writeKubeconfig(`headgate:${testbed.namespace}`);
});

afterEach(async () => {
  await testbed.tearDown();
  await rm(directory, { recursive: true });
});

/** A client certificate whose organisation is the group. */
async function writeKubeconfig(group: string): Promise<void> {
  const { caFile, server } = inject('cluster');
  const file = (name: string) => join(directory, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('user.key')];
  await mustRun('openssl', ['req', ...key, '-subj', `/O=${group}/CN=deployer`, '-out', file('user.csr')]);
  const authority = ['-CA', caFile, '-CAkey', join(dirname(caFile), 'ca.key'), '-CAcreateserial', '-days', '1'];
  await mustRun('openssl', [
    'x509',
    '-req',
    '-in',
    file('user.csr'),
    ...authority,
    '-CAserial',
    file('ca.srl'),
    '-out',
    file('user.crt'),
  ]);
  const base64 = async (name: string) => (await readFile(name)).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': await base64(caFile) } }],
    users: [
      {
        name: 'u',
        user: {
          'client-certificate-data': await base64(file('user.crt')),
          'client-key-data': await base64(file('user.key')),
        },
      },
    ],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
}

async function giveRights(): Promise<void> {
  const { code, stdout, stderr } = await testbed.headgate('connect', 'lab', '--rbac');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const applied = await kubectl(inject('cluster'), ['apply', '-f', '-'], stdout);
  expect(applied.stderr).toBe('');
  await vi.waitFor(async () => expect((await testbed.headgate('connect', 'lab')).code).toBe(0), { timeout: 20_000 });
}

async function can(verb: string, resource: string, namespace: string): Promise<boolean> {
  const { stdout } = await kubectl({ ...inject('cluster'), kubeconfig }, [
    'auth',
    'can-i',
    verb,
    resource,
    '-n',
    namespace,
  ]);
  return stdout.trim() === 'yes';
}

it('doctor reports the rights that a target lacks, and how to grant them', async () => {
  const { code, stdout } = await testbed.headgate('connect', 'lab');
  expect(code).toBe(1);
  expect(stdout).toContain(
    `deployer cannot get configmaps, create configmaps, patch configmaps, delete configmaps, create events in namespace ${testbed.namespace}`,
  );
  expect(stdout).toContain('headgate connect lab --rbac | kubectl apply -f -');
});

it('a target deploys with exactly the printed rights, and has no others', async () => {
  await giveRights();
  await testbed.start();
  const labels = { app: 'web' };
  const container = { name: 'web', image: 'example.com/web:1' };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { pin: '1234' } };
  const first = await testbed.push({
    'apps/web.json': JSON.stringify(deployment),
    'apps/secret.json': JSON.stringify(secret),
    'apps/web.yaml': configMap('web'),
  });
  expect(await testbed.outcome(first)).toMatchObject({ verdict: 'deployed', created: 3, failed: 0 });
  const second = await testbed.push({ 'apps/web.yaml': null });
  expect(await testbed.outcome(second)).toMatchObject({ verdict: 'deployed', pruned: 1 });

  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'r' }, rules: [] };
  const third = await testbed.push({ 'apps/role.json': JSON.stringify(role) });
  expect(await testbed.outcome(third)).toMatchObject({ verdict: 'refused', errors: [{ code: 'manifest-forbidden' }] });

  const { namespace } = testbed;
  expect(await can('create', 'deployments.apps', namespace)).toBe(true);
  expect(await can('create', 'pods/exec', namespace)).toBe(false);
  expect(await can('impersonate', 'serviceaccounts', namespace)).toBe(false);
  expect(await can('get', 'secrets', 'kube-system')).toBe(false);
  expect(await can('create', 'configmaps', 'default')).toBe(false);
});

it('doctor reports no problem until the secret of the webhook changes', async () => {
  await giveRights();
  await testbed.start();
  const revision = await testbed.push({ 'apps/web.yaml': configMap('web') });
  await testbed.outcome(revision);
  await testbed.host.settled();
  const well = await testbed.headgate('doctor', '--output', 'json');
  const found = JSON.parse(well.stdout) as readonly { kind: string; ok: boolean; detail: string }[];
  expect(found.filter(({ ok }) => !ok)).toEqual([]);
  expect(Object.fromEntries(found.map(({ kind, detail }) => [kind, detail]))).toMatchObject({
    clock: expect.stringMatching(/^[0-3] s off$/),
    webhook: 'webhook 1, last delivery succeeded',
    statuses: 'can be written',
    target: expect.stringMatching(/^as deployer, .+; in \S+ may get configmaps, /),
  });
  expect(well.code).toBe(0);

  const [delivery] = testbed.host.deliveries;
  const url = delivery?.webhook.url ?? '';
  testbed.host.setWebhook('acme/fleet', { url, secret: 'not the one' });
  await testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'blue' }) });
  await testbed.host.settled();
  const ill = await testbed.headgate('doctor');
  expect(ill.code).toBe(1);
  expect(ill.stdout).toContain('the last delivery was signed with a different secret');
  expect(ill.stdout).toContain('Run headgate connect fleet to set the secret again.');
});
