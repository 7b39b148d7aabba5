import { createHmac } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { startHttpService } from '../test/app/channels/services.ts';
import { startSmallRegistry } from '../test/rig/registry/small-registry.ts';
import type { SmallRegistry } from '../test/rig/registry/small-registry.ts';
import { followAudit } from './audit.ts';
import { files, pathOf, range } from './content.ts';
import { FULL_NAME, openLab, SECRET } from './lab.ts';
import type { Lab } from './lab.ts';
import { measureDelivery, measurePush, median } from './measure.ts';

/** From something that happens outside to what a person sees of it. */
export interface FlowRow {
  readonly flow: string;
  readonly ms: number;
  /** The greatest of the repetitions. */
  readonly maxMs: number;
  readonly kubernetes: number;
}

type Say = (text: string) => void;

const REPEATS = 5;
const TURNS = 15;
const SHOWN_MS = 60_000;
const DEBOUNCE = '1s';
/** Announcements of an image that come faster wait. */
const ANNOUNCED_EVERY_MS = 10_000;

export async function measureFlows(cluster: ClusterAddress, say: Say): Promise<readonly FlowRow[]> {
  const rows: FlowRow[] = [];
  const add = (row: FlowRow) => {
    say(`${row.flow}: ${Math.round(row.ms)} ms`);
    rows.push(row);
  };
  for (const objects of [100, 10_000]) add(await measurePlans(objects, cluster));
  add(await measureImages(cluster));
  for (const row of await measureChannels(cluster)) add(row);
  return rows;
}

/** A pull request is opened that changes one object → its comment is on the host. */
async function measurePlans(objects: number, cluster: ClusterAddress): Promise<FlowRow> {
  const lab = await openLab({
    cluster,
    config: { key: 'env:HEADGATE_KEY' },
    repository: { pullRequests: { plan: true } },
    env: { HEADGATE_KEY: 'k'.repeat(40) },
  });
  try {
    await measureDelivery(lab, await lab.repository.commit(files(range(objects), 'first')));
    await lab.repository.repack();
    const pulls = lab.host.pullRequestsOf(FULL_NAME);
    const all = [];
    // The first plan also loads modules and is not measured.
    for (const n of range(REPEATS + 1)) {
      await lab.repository.branch(`change-${n}`, files([n * 37], `planned-${n}`));
      const audit = await followAudit(cluster.auditLog);
      const startMs = performance.now();
      const { number } = await pulls.open({ branch: `change-${n}` });
      await until(() => pulls.comments.some((comment) => comment.number === number));
      const ms = performance.now() - startMs;
      const own = (await audit()).filter(({ userAgent }) => userAgent.includes(`(${lab.namespace}`));
      all.push({ ms, kubernetes: own.length });
    }
    return rowOf(`pull request opened → comment, one change of ${objects}`, all.slice(1));
  } finally {
    await lab.close();
  }
}

/** A CI job announces an image → it is committed, applied, and the status is on the commit. */
async function measureImages(cluster: ClusterAddress): Promise<FlowRow> {
  const registry = await startSmallRegistry();
  const image = {
    name: 'web',
    image: `${registry.host}/acme/web`,
    policy: { semver: '^1.0.0' },
    webhook: { kind: 'signed', secret: 'env:FLEET_SECRET' },
    interval: '1h',
    debounce: DEBOUNCE,
    writes: [{ repository: 'fleet', branch: 'main', paths: ['apps/**'] }],
  };
  const lab = await openLab({ cluster, config: { images: [image] }, repository: { write: 'env:FLEET_TOKEN' } });
  try {
    registry.push('acme/web', '1.0.0');
    await measureDelivery(lab, await lab.repository.commit({ [pathOf(0, 'nested')]: deployment(registry) }));
    const all = [];
    for (const n of range(REPEATS + 1)) {
      registry.push('acme/web', `1.${n + 1}.0`);
      await setTimeout(n === 0 ? 0 : ANNOUNCED_EVERY_MS);
      const startMs = performance.now();
      await announce(lab);
      const isWritten = () => lab.served.log.filter(({ message }) => message === 'image').length > n;
      await until(isWritten);
      const revision = String(lab.served.log.findLast(({ message }) => message === 'image')?.['revision']);
      await until(() => lab.host.statusesOf(revision).some(({ state }) => state === 'success'));
      all.push({ ms: performance.now() - startMs, kubernetes: 0 });
    }
    return rowOf(`image announced → status of its commit, debounce ${DEBOUNCE}`, all.slice(1));
  } finally {
    await lab.close();
    await registry.close();
  }
}

function deployment({ host }: SmallRegistry): string {
  const container = { name: 'web', image: `${host}/acme/web:1.0.0` };
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };
  const spec = { replicas: 0, selector: { matchLabels: { app: 'web' } }, template };
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec });
}

async function announce({ served }: Lab): Promise<void> {
  const body = '{}';
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature };
  const { status } = await fetch(`${served.url}/images/web`, { method: 'POST', headers, body });
  if (status !== 202) throw new Error(`the announcement returned status ${status}`);
}

/** One change of 1,000, in turn without and with a channel and metrics, so that other load affects both alike. */
async function measureChannels(cluster: ClusterAddress): Promise<readonly FlowRow[]> {
  const service = await startHttpService();
  const plain = await openLab({ cluster });
  const reporting = await openLab({
    cluster,
    targets: [{ notify: ['hook'] }],
    config: { channels: { hook: { kind: 'webhook', url: 'env:HOOK_URL', token: 'env:HOOK_SECRET' } } },
    env: { HOOK_URL: service.url, HOOK_SECRET: 'bench-hook-secret-0123456789' },
    serveFlags: ['--metrics-port', '0'],
  });
  const labs = [
    { flow: 'one change of 1000 → applied', lab: plain },
    { flow: 'the same with a channel and metrics', lab: reporting },
  ];
  try {
    const measured = new Map(labs.map(({ flow }) => [flow, [] as { ms: number; kubernetes: number }[]]));
    for (const { lab } of labs) {
      await measureDelivery(lab, await lab.repository.commit(files(range(1000), 'first')));
      await measurePush(lab, files([0], 'warm'));
    }
    for (const n of range(TURNS)) {
      for (const { flow, lab } of n % 2 === 0 ? labs : labs.toReversed()) {
        const { appliedMs: ms, kubernetes } = await measurePush(lab, files([(n * 61) % 1000], `turn-${n}`));
        measured.get(flow)?.push({ ms, kubernetes });
      }
    }
    return [...measured].map(([flow, all]) => rowOf(flow, all));
  } finally {
    for (const { lab } of labs) await lab.close();
    await service.close();
  }
}

function rowOf(flow: string, all: readonly { readonly ms: number; readonly kubernetes: number }[]): FlowRow {
  const times = all.map(({ ms }) => ms);
  return {
    flow,
    ms: median(times),
    maxMs: Math.max(...times),
    kubernetes: median(all.map(({ kubernetes }) => kubernetes)),
  };
}

/** The host is in this process, so looking costs next to nothing. */
async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + SHOWN_MS;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`nothing was shown within ${SHOWN_MS} ms`);
    await setTimeout(2);
  }
}
