import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogLine } from '../rig/testbed/testbed.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 80 }] }\n';

beforeEach(async () => {
  testbed = await Testbed.build({ target: { serviceAccount: 'NAMESPACE/deployer' } });
  await testbed.kubectl('-n', testbed.namespace, 'create', 'serviceaccount', 'deployer');
});

afterEach(async () => {
  await testbed.tearDown();
});

async function grant(role: string, verbs: string, resources: string): Promise<void> {
  const here = ['-n', testbed.namespace, 'create'];
  await testbed.kubectl(...here, 'role', role, `--verb=${verbs}`, `--resource=${resources}`);
  await testbed.kubectl(
    ...here,
    'rolebinding',
    role,
    `--role=${role}`,
    `--serviceaccount=${testbed.namespace}:deployer`,
  );
  for (const verb of verbs.split(',')) await allowed(verb, resources.split(',')[0] ?? '');
}

/** The authorizer has heard of it. */
async function allowed(verb: string, resource: string): Promise<void> {
  const question = ['auth', 'can-i', verb, resource, `--as=system:serviceaccount:${testbed.namespace}:deployer`];
  await vi.waitFor(() => testbed.kubectl('-n', testbed.namespace, ...question), { timeout: 10_000, interval: 50 });
}

function errorOf(outcome: LogLine): { code: string; message: string; remedy: string } {
  const [first] = outcome['errors'] as { code: string; message: string; remedy: string }[];
  if (first === undefined) throw new Error(JSON.stringify(outcome));
  return first;
}

/** Pastes the commands of a remedy, as a person would. */
async function follow(remedy: string, verb: string, resource: string): Promise<void> {
  const commands = [...remedy.matchAll(/kubectl ([^;]+)/g)].map(([, command = '']) => command.trim().split(' '));
  expect(commands).toHaveLength(2);
  for (const command of commands) await testbed.kubectl(...command);
  await allowed(verb, resource);
}

describe('a target that impersonates a service account (F5)', () => {
  it('reports a missing right to apply, and the commands of the remedy grant it', async () => {
    await grant('deployer', 'get,list,create,patch,delete', 'configmaps');
    await testbed.start();
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
    const error = errorOf(await testbed.outcome(await testbed.push({ 'apps/s.yaml': SERVICE }), 'refused'));
    expect(error).toMatchObject({
      code: 'manifest-forbidden',
      message: `system:serviceaccount:${testbed.namespace}:deployer may not patch services in namespace ${testbed.namespace}`,
    });
    expect(error.remedy).toContain('Role with verbs [patch], resources [services], apiGroups [""]');
    await follow(error.remedy, 'patch', 'services');
    expect(await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) }))).toMatchObject({
      verdict: 'deployed',
      created: 1,
      updated: 1,
    });
  });

  it('reports a missing right to its state before anything else', async () => {
    await testbed.start();
    const error = errorOf(await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'failed'));
    expect(error.message).toContain(`may not get configmaps in namespace ${testbed.namespace}`);
    await follow(error.remedy, 'get', 'configmaps');
    await testbed.outcome(await testbed.push({ 'apps/b.yaml': configMap('b') }), 'deployed');
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'b']);
  });

  it('reports a missing right to read an object that already exists', async () => {
    await grant('state', 'get,list,create,patch,delete', 'configmaps');
    await grant('blind', 'create,patch', 'services');
    await testbed.start();
    await testbed.applyByHand(SERVICE);
    const error = errorOf(await testbed.outcome(await testbed.push({ 'apps/s.yaml': SERVICE }), 'failed'));
    expect(error.message).toContain(`may not get services in namespace ${testbed.namespace}`);
    await follow(error.remedy, 'get', 'services');
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
  });

  it('keeps an object that it may not delete in its inventory, and deletes it once it may (E4)', async () => {
    await grant('state', 'get,list,create,patch,delete', 'configmaps');
    await grant('keeper', 'get,create,patch', 'services');
    await testbed.start();
    const first = await testbed.push({ 'apps/a.yaml': configMap('a'), 'apps/s.yaml': SERVICE });
    await testbed.outcome(first, 'deployed');
    const removed = await testbed.push({ 'apps/s.yaml': null });
    const outcome = await testbed.outcome(removed);
    expect(outcome['verdict']).toMatch(/failed|partial/);
    const error = errorOf(outcome);
    expect(error.message).toContain(`may not delete services in namespace ${testbed.namespace}`);
    expect(await testbed.get('service', 's')).not.toBeNull();
    await follow(error.remedy, 'delete', 'services');
    const again = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    expect(await testbed.outcome(again)).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(await testbed.get('service', 's')).toBeNull();
  });

  it('keeps its state when an uninstall lacks a right, and the next uninstall resumes', async () => {
    await grant('state', 'get,list,create,patch,delete', 'configmaps');
    await grant('keeper', 'get,create,patch', 'services');
    await testbed.push({ 'apps/a.yaml': configMap('a'), 'apps/s.yaml': SERVICE });
    expect(await testbed.headgate('deploy', testbed.namespace)).toMatchObject({ code: 0 });
    const first = await testbed.headgate('--yes', 'uninstall', testbed.namespace, '--output', 'json');
    expect(first.code).toBe(1);
    const { uninstalled, changes } = JSON.parse(first.stdout) as {
      uninstalled: boolean;
      changes: { kind: string; problem: { remedy: string } | null }[];
    };
    expect(uninstalled).toBe(false);
    const problem = changes.find(({ kind }) => kind === 'Service')?.problem;
    expect(await testbed.get('configmap', `headgate-${testbed.namespace}`)).not.toBeNull();
    await follow(problem?.remedy ?? '', 'delete', 'services');
    expect(await testbed.headgate('--yes', 'uninstall', testbed.namespace)).toMatchObject({ code: 0 });
    expect(await testbed.get('service', 's')).toBeNull();
    expect(await testbed.get('configmap', `headgate-${testbed.namespace}`)).toBeNull();
  });

  it('reports a missing right to a Secret without showing its values', async () => {
    await grant('state', 'get,list,create,patch,delete', 'configmaps');
    await testbed.start();
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { key: planted-value-77 }\n';
    const outcome = await testbed.outcome(await testbed.push({ 'apps/s.yaml': secret }), 'refused');
    expect(errorOf(outcome).message).toContain(`may not patch secrets in namespace ${testbed.namespace}`);
    expect(JSON.stringify(testbed.log)).not.toMatch(/planted-value-77|cGxhbnRlZC12YWx1ZS03Nw/);
  });
});
