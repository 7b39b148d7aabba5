import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openApi } from '../rig/cluster/api.ts';
import type { Api } from '../rig/cluster/api.ts';
import { House, TOKEN } from '../rig/house/house.ts';
import { leaksIn } from '../rig/house/leaks.ts';

const PIN = 'planted-pin-31415926';
const secret = (pin: string) => `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\n${pin}\n`;

describe('a planted secret', () => {
  let house: House;
  let api: Api;

  beforeEach(async () => {
    house = await House.build();
    api = await openApi(inject('cluster'));
    await house.start();
  });

  afterEach(async () => {
    await house.tearDown();
    api.close();
  });

  it('is seen nowhere, whether its manifest is applied, refused by the server, or no YAML at all', async () => {
    const good = await house.push({ 'apps/s.yaml': secret(`stringData: { pin: ${PIN} }`) });
    await house.outcome(good, 'deployed');
    const typed = await house.push({ 'apps/s.yaml': secret(`stringData: { pin: { deep: ${PIN} } }`) });
    await house.outcome(typed, 'refused');
    const invalid = await house.push({ 'apps/s.yaml': secret(`data: { pin: "${PIN} is no base64" }`) });
    await house.outcome(invalid, 'refused');
    const broken = await house.push({ 'apps/s.yaml': secret(`stringData: { pin: "${PIN}`) });
    await house.outcome(broken, 'refused');
    expect(await house.leaks()).toEqual([]);
  });

  it('is found by this check in the log, a status, the queue, an Event and the state', async () => {
    const dataDirectory = join(house.directory, 'leaky');
    await mkdir(dataDirectory);
    const collected = { log: '', statuses: [], dataDirectory, api, namespaces: [house.namespace] };
    const found = async (more: Partial<Parameters<typeof leaksIn>[0]>) =>
      (await leaksIn({ ...collected, ...more })).length;
    expect(await found({})).toBe(0);
    expect(await found({ log: `a line with ${TOKEN}` })).toBe(1);
    expect(await found({ statuses: [{ description: PIN }] })).toBe(1);
    expect(await found({ log: `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}` })).toBe(1);
    await writeFile(join(dataDirectory, 'queue.db'), Buffer.from(`\0\u0001${PIN}\0`));
    expect(await found({})).toBe(1);
    await api.create(`/api/v1/namespaces/${house.namespace}/configmaps`, {
      metadata: { name: 'leaky', labels: { 'app.kubernetes.io/managed-by': 'headgate' } },
      data: { pin: Buffer.from(PIN).toString('base64') },
    });
    expect(await found({})).toBe(2);
    await api.create(`/api/v1/namespaces/${house.namespace}/events`, {
      metadata: { name: 'leaky' },
      involvedObject: { kind: 'ConfigMap', namespace: house.namespace, name: 'headgate' },
      message: `it says ${PIN}`,
    });
    expect(await found({})).toBe(3);
    await api.remove(`/api/v1/namespaces/${house.namespace}/configmaps/leaky`);
    await api.remove(`/api/v1/namespaces/${house.namespace}/events/leaky`);
  });
});
