import { randomInt } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../src/resource/resource.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeEach(async () => {
  testbed = await Testbed.build({ target: { clusterScoped: true } });
  await testbed.start();
  await testbed.outcome(await testbed.push({ 'apps/keep.json': service('keep', {}) }), 'deployed');
});

afterEach(async () => {
  await testbed.tearDown();
});

const text = (object: JsonObject) => JSON.stringify(object);
const service = (name: string, spec: JsonObject) =>
  text({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
const quota = (hard: JsonObject) =>
  text({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few' }, spec: { hard } });

/** Pushes the deletion, and then the addition, as the remedy says. */
async function inTwoPushes(added: Readonly<Record<string, string>>) {
  const without = Object.fromEntries(Object.keys(added).map((path) => [path, null]));
  await testbed.outcome(await testbed.push(without), 'deployed');
  await testbed.outcome(await testbed.push(added), 'deployed');
}

/** A quota takes effect some moments after it was created. */
async function refusesByHand(manifest: string): Promise<void> {
  const attempt = () => testbed.applyByHand(manifest, '--dry-run=server').then(() => 'accepted', String);
  await vi.waitFor(async () => expect(await attempt()).toMatch(/exceeded quota/), { timeout: 60_000, interval: 200 });
}

describe('an object whose place the same push would make by a deletion', () => {
  it('is refused if it takes over a cluster IP, which no dry run finds', async () => {
    const clusterIP = `10.0.9.${randomInt(1, 255)}`;
    await testbed.outcome(await testbed.push({ 'apps/old.json': service('old', { clusterIP }) }), 'deployed');
    const added = { 'apps/new.json': service('new', { clusterIP }) };
    await testbed.write({ 'apps/old.json': null });
    const outcome = await testbed.outcome(await testbed.push(added));
    expect(outcome).toMatchObject({
      verdict: 'refused',
      errors: [
        {
          code: 'delete-first',
          subject: 'apps/new.json:1',
          message: expect.stringContaining(
            `needs clusterIP ${clusterIP}, which Service ${testbed.namespace}/old holds`,
          ),
          remedy: `Push the deletion of Service ${testbed.namespace}/old first, and this object in the next push.`,
        },
      ],
    });
    await inTwoPushes(added);
  });

  it('is refused with the fault of its manifest if it does not take over a value', async () => {
    const nodePort = 31_660;
    const old = service('old', { type: 'NodePort', ports: [{ port: 80, nodePort }] });
    await testbed.outcome(await testbed.push({ 'apps/old.json': old }), 'deployed');
    const wrong = service('new', { type: 'Nothing', ports: [{ port: 80, nodePort: nodePort + 1 }] });
    const outcome = await testbed.outcome(await testbed.push({ 'apps/old.json': null, 'apps/new.json': wrong }));
    expect(outcome).toMatchObject({ verdict: 'refused', errors: [{ code: 'manifest-rejected' }] });
  });

  it('is refused with the names of the left-overs of a partial deploy that fill a quota', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const files = Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, configMap(name)]));
    // kube-root-ca.crt and the state count too.
    await testbed.applyByHand(quota({ 'count/configmaps': '6' }));
    await vi.waitFor(
      async () => expect(await testbed.get('resourcequota', 'few')).toMatchObject({ status: { used: {} } }),
      {
        timeout: 60_000,
        interval: 200,
      },
    );
    const partial = await testbed.outcome(await testbed.push(files), 'partial');
    expect(partial['failed']).toBeGreaterThan(0);
    const removed = Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, null]));
    const smaller = { 'apps/z.yaml': configMap('z') };
    await testbed.write(removed);
    const outcome = await testbed.outcome(await testbed.push(smaller));
    expect(outcome).toMatchObject({
      verdict: 'refused',
      errors: [{ code: 'delete-first', subject: 'apps/z.yaml:1' }],
    });
    const [{ remedy } = { remedy: '' }] = outcome['errors'] as readonly { remedy: string }[];
    expect(remedy).toMatch(
      /^Push the deletion of ConfigMap t-\w+\/[a-e], ConfigMap t-\w+\/[a-e], ConfigMap t-\w+\/[a-e] and \d more first to make room in quota few, and this object in the next push\.$/,
    );
    await inTwoPushes(smaller);
  });

  it('is refused with the name of the quota that leaves Git in the same push', async () => {
    await testbed.outcome(await testbed.push({ 'apps/q.json': quota({ 'count/services': '0' }) }), 'deployed');
    await refusesByHand(service('probe', {}));
    const added = { 'apps/s.json': service('s', {}) };
    await testbed.write({ 'apps/q.json': null });
    expect(await testbed.outcome(await testbed.push(added))).toMatchObject({
      verdict: 'refused',
      errors: [
        { code: 'delete-first', remedy: expect.stringContaining(`ResourceQuota ${testbed.namespace}/few first`) },
      ],
    });
    await inTwoPushes(added);
  });
});
