import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startFaultProxy } from '../rig/cluster/fault-proxy.ts';
import type { FaultProxy } from '../rig/cluster/fault-proxy.ts';
import { inProcess } from '../rig/testbed/in-process.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

const secret = (value: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { value: "${value}" }\n`;
const service = (port: number) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: ${port} }], selector: { app: s } }\n`;

const files = (value: string, port: number) => ({
  'apps/a.yaml': configMap('a', { value }),
  'apps/secret.yaml': secret(value),
  'apps/service.yaml': service(port),
});

describe('a gateway whose clock is ahead of the API server', () => {
  let proxy: FaultProxy;
  let testbed: Testbed;
  let directory: string;

  beforeEach(async () => {
    proxy = await startFaultProxy(inject('cluster'));
    directory = await mkdtemp(join(tmpdir(), 'headgate-clock-'));
    await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
    testbed = await Testbed.build({ kubeconfig: join(directory, 'kubeconfig') });
    await testbed.start();
  });

  afterEach(async () => {
    await testbed.tearDown();
    await proxy.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function live() {
    const { spec } = (await testbed.get('service', 's')) ?? {};
    const { data } = (await testbed.get('secret', 's')) ?? {};
    const { value } = data as { value: string };
    const [port] = (spec as { ports: { port: number }[] }).ports;
    return [(await testbed.configMaps())['a']?.['value'], Buffer.from(value, 'base64').toString(), port?.port];
  }

  it.each([3_000, 3_600_000])('hides no change of a pushed manifest (%i ms)', async (aheadMs) => {
    await testbed.outcome(await testbed.push(files('1', 80)), 'deployed');
    proxy.aheadMs = aheadMs;
    const { updated } = await testbed.outcome(await testbed.push(files('2', 81)));
    expect(await live()).toEqual(['2', '2', 81]);
    expect(updated).toBe(3);
  });

  it('hides no drift', async () => {
    await testbed.outcome(await testbed.push(files('1', 80)), 'deployed');
    await testbed.kubectl('-n', testbed.namespace, 'patch', 'configmap', 'a', '-p', '{"data":{"value":"by hand"}}');
    proxy.aheadMs = 3_000;
    const commands = inProcess(testbed);
    await commands.correctDrift();
    commands.close();
    expect((await live())[0]).toBe('1');
  });

  it('costs one read of each object that its manifest leaves as it is, and writes none', async () => {
    await testbed.outcome(await testbed.push(files('1', 80)), 'deployed');
    proxy.aheadMs = 3_000;
    const before = proxy.requests.length;
    // A comment changes the file and no object. The Secret alone has no recorded hash.
    const commented = Object.fromEntries(Object.entries(files('1', 80)).map(([path, text]) => [path, `# x\n${text}`]));
    const outcome = await testbed.outcome(await testbed.push(commented));
    expect(outcome['verdict']).toBe('unchanged');
    const sent = proxy.requests
      .slice(before)
      .filter(({ path }) => /\/(secrets|services|configmaps)\/[as]\b/.test(path));
    expect(sent.map(({ method, path }) => `${method} ${path.split('/').slice(-2).join('/').split('&')[0]}`)).toEqual([
      'PATCH secrets/s?dryRun=All',
      'GET secrets/s',
    ]);
  });
});
