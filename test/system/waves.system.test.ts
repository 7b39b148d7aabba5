import { afterEach, describe, expect, it, vi } from 'vitest';
import { House, configMap } from '../rig/house/house.ts';

let house: House;

afterEach(async () => {
  await house.tearDown();
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
      .map((name) => `apps/namespaces/${house.namespace}/Deployment/${name}`)
      .join(','),
  },
});

const statuses = (revision: string, target = house.namespace) =>
  house.host
    .statusesOf(revision)
    .filter(({ context }) => context === `headgate/${target}`)
    .map(({ state, description }) => `${state} ${description}`);

async function ends(revision: string, status: RegExp, target?: string): Promise<void> {
  await vi.waitFor(() => expect(statuses(revision, target).at(-1)).toMatch(status), { timeout: 40_000, interval: 20 });
}

interface Stamped {
  readonly metadata: { readonly name: string; readonly uid: string; readonly creationTimestamp: string };
  readonly status?: { readonly conditions?: readonly { type: string; status: string; lastTransitionTime: string }[] };
}

/** When an object was created and when it was ready, to the second. */
async function times(name: string): Promise<{ createdMs: number; readyMs: number }> {
  const { metadata, status } = JSON.parse(
    await house.kubectl('-n', house.namespace, 'get', 'deployment', name, '-o', 'json'),
  ) as Stamped;
  const available = status?.conditions?.find(({ type }) => type === 'Available');
  return {
    createdMs: Date.parse(metadata.creationTimestamp),
    readyMs: Date.parse(available?.lastTransitionTime ?? ''),
  };
}

describe('waves', () => {
  it('are applied one after the other, each when the one before is ready; prune comes last, and the commit hears of it once', async () => {
    house = await House.build();
    await house.start();
    const old = await house.push({ 'apps/old.yaml': configMap('old') });
    await ends(old, /^success/);
    const revision = await house.push({
      'apps/old.yaml': null,
      'apps/db.json': deployment('db', wave('-1')),
      'apps/api.json': deployment('api'),
      'apps/web.json': deployment('web', { annotations: { 'argocd.argoproj.io/sync-wave': '1' } }),
    });
    const first = await house.outcome(revision, 'waiting');
    expect(first).toMatchObject({ created: 1, pruned: 0, waitingFor: [`Deployment ${house.namespace}/db`] });
    await ends(revision, /^success 3 created, 1 pruned, ready in \d+\.\d s$/);
    expect(statuses(revision).map((text) => text.split(' ')[0])).not.toContain('failure');
    const [db, api, web] = await Promise.all(['db', 'api', 'web'].map((name) => times(name)));
    expect(api?.createdMs).toBeGreaterThanOrEqual(db?.readyMs ?? Infinity);
    expect(web?.createdMs).toBeGreaterThanOrEqual(api?.readyMs ?? Infinity);
    // Of three runs of one commit the last one commits, and none of them does again what one before did.
    const outcomes = house.log.filter((line) => line['verdict'] !== undefined && line['revision'] === revision);
    expect(outcomes.map(({ message, created, pruned }) => `${message} ${String(created)} ${String(pruned)}`)).toEqual([
      'waiting 1 0',
      'waiting 1 0',
      'deployed 1 1',
    ]);
    expect(Object.keys(await house.configMaps())).toEqual([]);
  });

  it('stop behind one that fails, hold nothing meanwhile, and go on with the fixing push', async () => {
    house = await House.build();
    await house.start();
    const bad = await house.push({
      'apps/db.json': deployment('db', { ...STUCK, ...wave('-1') }),
      'apps/web.json': deployment('web'),
    });
    await ends(bad, /^failure 0 of 1 ready: db: ImagePullBackOff no-such-image/);
    expect(await house.get('deployment', 'web')).toBeNull();
    // Another push is taken at once. It changes nothing about what is waited for.
    const other = await house.push({ 'apps/settings.yaml': configMap('settings') });
    expect(await house.outcome(other, 'waiting')).toMatchObject({ waitingFor: [`Deployment ${house.namespace}/db`] });
    expect(await house.get('deployment', 'web')).toBeNull();
    const [status] = JSON.parse((await house.headgate('status', '--output', 'json')).stdout) as { verdict: string }[];
    expect(status?.verdict).toBe('waiting');
    const fixed = await house.push({ 'apps/db.json': deployment('db', wave('-1')) });
    await ends(fixed, /^success .*ready in/);
    expect(await house.get('deployment', 'web')).not.toBeNull();
    expect(Object.keys(await house.configMaps())).toEqual(['settings']);
  });

  it('go on over a restart, and headgate deploy goes through all of them', async () => {
    house = await House.build();
    const revision = await house.push({
      'apps/a.json': deployment('a', wave('1')),
      'apps/b.json': deployment('b', wave('2')),
      'apps/c.json': deployment('c', wave('3')),
    });
    const { code, stdout } = await house.headgate('deploy', house.namespace);
    expect([code, stdout]).toEqual([
      0,
      `${house.namespace}: deployed at ${revision.slice(0, 12)} (3 created, ready)\n`,
    ]);
    await house.start();
    const next = await house.push({
      'apps/a.json': deployment('a', { ...STUCK, ...wave('1') }),
      'apps/c.json': deployment('c', { image: 'ghcr.io/acme/app:2', ...wave('3') }),
    });
    await house.outcome(next, 'waiting');
    await house.stop();
    await house.start();
    await house.kubectl('-n', house.namespace, 'set', 'image', 'deployment/a', 'app=ghcr.io/acme/app:3');
    await ends(next, /^success 2 updated, ready in/);
  });
});

describe('depends-on', () => {
  it('waits for the object that is depended on, also when its file is not touched', async () => {
    house = await House.build();
    await house.start();
    const first = await house.push({
      'apps/db.json': deployment('db', STUCK),
      'apps/web.json': deployment('web', dependsOn('db')),
    });
    await ends(first, /^failure 0 of 1 ready: db:/);
    expect(await house.get('deployment', 'web')).toBeNull();
    const fixed = await house.push({ 'apps/db.json': deployment('db') });
    await ends(fixed, /^success .*ready in/);
    expect(await house.get('deployment', 'web')).not.toBeNull();

    const api = await house.push({ 'apps/api.json': deployment('api', dependsOn('db')) });
    await ends(api, /^success 1 created, ready in/);
    const audit = await house.auditOf(`${house.namespace}@${api.slice(0, 12)}`);
    const reads = audit.filter(({ verb, uri }) => verb === 'get' && uri.endsWith('/deployments/db'));
    expect(reads.length).toBeGreaterThanOrEqual(1);
  });

  it('refuses what leads nowhere or back, with file and line, before anything is written', async () => {
    house = await House.build();
    await house.start();
    const revision = await house.push({
      'apps/a.json': deployment('a', dependsOn('b')),
      'apps/b.json': deployment('b', dependsOn('a')),
      'apps/c.json': deployment('c', dependsOn('nobody')),
    });
    const { errors } = await house.outcome(revision, 'refused');
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'manifest-invalid',
        subject: 'apps/b.json:1',
        message: expect.stringContaining('depends on itself'),
      }),
      expect.objectContaining({ subject: 'apps/c.json:1', message: expect.stringContaining('does not own') }),
    ]);
    expect(await house.get('deployment', 'a')).toBeNull();
  });
});

describe('targets that depend on others', () => {
  const targets = [
    { name: 'infra-NAMESPACE', path: 'infra' },
    { name: 'shop-NAMESPACE', path: 'shop', dependsOn: ['infra-NAMESPACE'] },
  ];

  it('are applied when these are at the tip and ready, in the same push and across pushes', async () => {
    house = await House.build({ targets });
    await house.start();
    const [infra, shop] = [`infra-${house.namespace}`, `shop-${house.namespace}`];
    const first = await house.push({ 'infra/db.json': deployment('db'), 'shop/web.json': deployment('web') });
    await ends(first, /^success 1 created, ready in/, infra);
    await ends(first, /^success 1 created, ready in/, shop);
    const [db, web] = await Promise.all(['db', 'web'].map((name) => times(name)));
    expect(web?.createdMs).toBeGreaterThanOrEqual(db?.readyMs ?? Infinity);

    const broken = await house.push({ 'infra/db.json': deployment('db', STUCK) });
    await ends(broken, /^failure/, infra);
    const waiting = await house.push({ 'shop/settings.yaml': configMap('settings') });
    await ends(waiting, new RegExp(`^pending waiting for target ${infra}$`), shop);
    expect(await house.configMaps()).toEqual({});
    const fixed = await house.push({ 'infra/db.json': deployment('db') });
    await ends(fixed, /^success 1 updated, ready in/, infra);
    await house.logged((line) => line['target'] === shop && line.message === 'deployed' && line['revision'] === fixed);
    expect(Object.keys(await house.configMaps())).toEqual(['settings']);
    // The commit that waited was overtaken before it was applied.
    expect(statuses(waiting, shop).at(-1)).toBe(`error superseded by ${fixed.slice(0, 7)}`);
  });

  it('end a commit that waited in a final state, also when there is nothing to apply in the end', async () => {
    house = await House.build({ targets });
    await house.start();
    const [infra, shop] = [`infra-${house.namespace}`, `shop-${house.namespace}`];
    const first = await house.push({
      'infra/db.json': deployment('db', STUCK),
      'shop/settings.yaml': configMap('settings'),
    });
    await ends(first, /^failure/, infra);
    await ends(first, new RegExp(`^pending waiting for target ${infra}$`), shop);
    const mend = () => house.kubectl('-n', house.namespace, 'set', 'image', 'deployment/db', 'app=ghcr.io/acme/app:9');
    await mend();
    await ends(first, /^success 1 created, ready in/, infra);
    await ends(first, /^success 1 created, ready in/, shop);

    const commented = await house.push({
      'infra/db.json': deployment('db', { ...STUCK, annotations: { note: 'again' } }),
      'shop/settings.yaml': `# only a comment\n${configMap('settings')}`,
    });
    await ends(commented, /^failure/, infra);
    await ends(commented, new RegExp(`^pending waiting for target ${infra}$`), shop);
    await mend();
    await ends(commented, /^success no changes$/, shop);
    expect(await house.configMaps()).toEqual({ settings: {} });
  });
});
