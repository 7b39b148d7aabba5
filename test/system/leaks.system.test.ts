import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openApi } from '../rig/cluster/api.ts';
import type { Api } from '../rig/cluster/api.ts';
import { Testbed, TOKEN } from '../rig/testbed/testbed.ts';
import { leaksIn } from '../rig/testbed/leaks.ts';

const PIN = 'planted-pin-31415926';
const secret = (pin: string) => `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\n${pin}\n`;

describe('a planted secret', () => {
  let testbed: Testbed;
  let api: Api;

  beforeEach(async () => {
    testbed = await Testbed.build();
    api = await openApi(inject('cluster'));
    await testbed.start();
  });

  afterEach(async () => {
    await testbed.tearDown();
    api.close();
  });

  it('appears nowhere, whether its manifest is applied, refused by the server, or not YAML', async () => {
    const good = await testbed.push({ 'apps/s.yaml': secret(`stringData: { pin: ${PIN} }`) });
    await testbed.outcome(good, 'deployed');
    const typed = await testbed.push({ 'apps/s.yaml': secret(`stringData: { pin: { deep: ${PIN} } }`) });
    await testbed.outcome(typed, 'refused');
    const invalid = await testbed.push({ 'apps/s.yaml': secret(`data: { pin: "${PIN} is no base64" }`) });
    await testbed.outcome(invalid, 'refused');
    const broken = await testbed.push({ 'apps/s.yaml': secret(`stringData: { pin: "${PIN}`) });
    await testbed.outcome(broken, 'refused');
    expect(await testbed.leaks()).toEqual([]);
  });

  it('is found by the search of the tests in the log, a status, the queue, an Event and the state', async () => {
    const dataDirectory = join(testbed.directory, 'leaky');
    await mkdir(dataDirectory);
    const collected = { log: '', statuses: [], dataDirectory, api, namespaces: [testbed.namespace] };
    const found = async (more: Partial<Parameters<typeof leaksIn>[0]>) =>
      (await leaksIn({ ...collected, ...more })).length;
    expect(await found({})).toBe(0);
    expect(await found({ log: `a line with ${TOKEN}` })).toBe(1);
    expect(await found({ statuses: [{ description: PIN }] })).toBe(1);
    expect(await found({ log: `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}` })).toBe(1);
    await writeFile(join(dataDirectory, 'queue.db'), Buffer.from(`\0\u0001${PIN}\0`));
    expect(await found({})).toBe(1);
    await api.create(`/api/v1/namespaces/${testbed.namespace}/configmaps`, {
      metadata: { name: 'leaky', labels: { 'app.kubernetes.io/managed-by': 'headgate' } },
      data: { pin: Buffer.from(PIN).toString('base64') },
    });
    expect(await found({})).toBe(2);
    await api.create(`/api/v1/namespaces/${testbed.namespace}/events`, {
      metadata: { name: 'leaky' },
      involvedObject: { kind: 'ConfigMap', namespace: testbed.namespace, name: 'headgate' },
      message: `it says ${PIN}`,
    });
    expect(await found({})).toBe(3);
    await api.remove(`/api/v1/namespaces/${testbed.namespace}/configmaps/leaky`);
    await api.remove(`/api/v1/namespaces/${testbed.namespace}/events/leaky`);
  });
});
