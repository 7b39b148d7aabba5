import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { AGE_KEY, fixture } from '../desired/sops/files.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import type { TestbedOptions } from '../rig/testbed/testbed.ts';

let testbed: Testbed | null = null;

afterEach(async () => {
  await testbed?.tearDown();
  testbed = null;
});

async function started(target: TestbedOptions['target']): Promise<Testbed> {
  const built = await Testbed.build({ target: { path: 'apps', ...target } });
  testbed = built;
  Object.assign(built.env, { AGE_KEY });
  await built.start();
  return built;
}

const DECRYPTION = { decryption: { age: 'env:AGE_KEY' } };
const PLANTED = /planted-sops|planted-line|AGE-SECRET-KEY/;
const PASSWORD = Buffer.from('planted-sops-password-123').toString('base64');

/** Everything that others than the cluster's Secret may see. */
async function expectNothingSeen(on: Testbed): Promise<void> {
  expect(JSON.stringify(on.log)).not.toMatch(PLANTED);
  expect(JSON.stringify(on.host.statuses)).not.toMatch(PLANTED);
  const seen = await on.kubectl('-n', on.namespace, 'get', 'configmaps,events', '-o', 'json');
  for (const text of [seen, Buffer.from(seen).toString('base64')]) expect(text).not.toMatch(PLANTED);
  expect(seen).not.toContain(PASSWORD);
  const files = await readdir(join(on.directory, 'data'), { recursive: true, withFileTypes: true });
  for (const file of files.filter((each) => each.isFile()))
    expect((await readFile(join(file.parentPath, file.name))).toString('latin1')).not.toMatch(PLANTED);
}

it('decrypts a Secret into the cluster and nowhere else', async () => {
  const on = await started(DECRYPTION);
  const first = await on.push({ 'apps/db.yaml': fixture('secret.yaml'), 'apps/two.yaml': fixture('documents.yaml') });
  expect(await on.outcome(first)).toMatchObject({ verdict: 'deployed', created: 3 });
  expect(await on.get('secret', 'db')).toMatchObject({ data: { password: PASSWORD } });
  const plan = await on.headgate('plan', on.namespace);
  expect(plan).toMatchObject({ code: 0 });
  const second = await on.push({ 'apps/db.yaml': fixture('two-keys.yaml') });
  expect(await on.outcome(second)).toMatchObject({ errors: [] });
  expect(plan.stdout + plan.stderr).not.toMatch(PLANTED);
  // A ConfigMap with a decrypted value is the one place where the value is asked for.
  await on.kubectl('-n', on.namespace, 'delete', 'configmap', 'two');
  await expectNothingSeen(on);
});

it('refuses an encrypted manifest that was changed, or whose key is missing or wrong, before anything is applied', async () => {
  const on = await started({});
  const bare = await on.push({ 'apps/db.yaml': fixture('secret.yaml'), 'apps/a.yaml': configMap('a') });
  expect(await on.outcome(bare)).toMatchObject({
    verdict: 'refused',
    errors: [{ code: 'decryption-missing', subject: 'apps/db.yaml:1' }],
  });
  expect(await on.configMaps()).toEqual({});
  await on.tearDown();

  const keyed = await started(DECRYPTION);
  const changed = fixture('secret.yaml').replace('name: db', 'name: other');
  const revision = await keyed.push({
    'apps/changed.yaml': changed,
    'apps/other.yaml': fixture('other-key.yaml'),
    'apps/a.yaml': configMap('a'),
  });
  const outcome = await keyed.outcome(revision, 'refused');
  expect(outcome['errors']).toMatchObject([
    { code: 'decryption-failed', subject: 'apps/changed.yaml', message: expect.stringContaining('MAC') },
    {
      code: 'decryption-failed',
      subject: 'apps/other.yaml',
      message: expect.stringContaining('any key of the target'),
    },
  ]);
  expect(await keyed.configMaps()).toEqual({});
  await expectNothingSeen(keyed);
});

it('decrypts encrypted resources of a kustomization, and refuses an encrypted file of a generator by name', async () => {
  const on = await started(DECRYPTION);
  const first = await on.push({
    'apps/kustomization.yaml': 'resources: [db.yaml]\nnamePrefix: shop-\nlabels:\n  - pairs: {team: a}\n',
    'apps/db.yaml': fixture('secret.yaml'),
  });
  expect(await on.outcome(first)).toMatchObject({ verdict: 'deployed', created: 1 });
  expect(await on.get('secret', 'shop-db')).toMatchObject({ data: { password: PASSWORD } });
  const second = await on.push({
    'apps/kustomization.yaml': 'secretGenerator:\n  - name: db\n    files: [db.yaml]\n',
  });
  expect(await on.outcome(second)).toMatchObject({
    verdict: 'refused',
    errors: [
      { code: 'render-refused', subject: 'apps/kustomization.yaml:3', message: expect.stringContaining('db.yaml') },
    ],
  });
  await expectNothingSeen(on);
});
