import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, run } from '../test/rig/programs/command.ts';
import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { followAudit } from './audit.ts';
import { files, range } from './content.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';
import { measureDelivery, measurePush, median, medianOf } from './measure.ts';
import type { Measured } from './measure.ts';

const REPEATS = 5;

export interface KustomizeRow {
  readonly way: string;
  readonly objects: number;
  readonly ms: number;
  readonly kubernetes: number;
}

/** One changed file of a kustomization of this size: by a push, and by kubectl on an existing checkout. */
export async function measureKustomize(
  objects: number,
  cluster: ClusterAddress,
  say: (text: string) => void,
): Promise<readonly KustomizeRow[]> {
  const lab = await openLab({ cluster });
  const rows: KustomizeRow[] = [];
  const row = (way: string, { ms, kubernetes }: { ms: number; kubernetes: number }) => {
    say(`${way} of ${objects} objects: ${Math.round(ms)} ms, ${kubernetes} requests`);
    rows.push({ way, objects, ms, kubernetes });
  };
  try {
    const first = files(range(objects), 'first');
    const resources = Object.keys(first).map((path) => path.replace(/^apps\//, ''));
    const kustomization = `namespace: ${lab.namespace}\nresources:\n${resources.map((path) => `  - ${path}\n`).join('')}`;
    row(
      'first deploy',
      pushed(
        await measureDelivery(lab, await lab.repository.commit({ ...first, 'apps/kustomization.yaml': kustomization })),
      ),
    );
    await lab.repository.repack();
    await measurePush(lab, files([0], 'warm'));
    const pushes: Measured[] = [];
    for (const n of range(REPEATS)) pushes.push(await measurePush(lab, files([n * 31], `changed-${n}`)));
    row('one change, pushed', pushed(medianOf(pushes)));
    row('a push that it does not read', pushed(await measurePush(lab, { 'apps/README.md': 'words' })));
    for (const way of ['diff', 'apply'] as const) row(`kubectl ${way} -k`, await byKubectl(lab, way));
    return rows;
  } finally {
    await lab.close();
  }
}

function pushed({ appliedMs, kubernetes }: Measured) {
  return { ms: appliedMs, kubernetes };
}

/** The same change by kubectl, one difference each time, without the clone. */
async function byKubectl(lab: Lab, way: 'apply' | 'diff') {
  const checkout = join(lab.directory, `checkout-${way}`);
  await mustRun('git', ['clone', '-q', lab.host.cloneUrl('acme/fleet'), checkout]);
  const kubectl = async () => {
    const args = [`--kubeconfig=${lab.cluster.kubeconfig}`, way, '--server-side', '--force-conflicts', '-k', 'apps'];
    const startedMs = performance.now();
    const { code, stderr } = await run(lab.cluster.kubectl, args, { cwd: checkout });
    if (code !== 0 && !(way === 'diff' && code === 1)) throw new Error(stderr.slice(-2000));
    return performance.now() - startedMs;
  };
  try {
    await kubectl();
    const audit = await followAudit(lab.cluster.auditLog);
    const times: number[] = [];
    for (const n of range(REPEATS)) {
      const change = files([n * 37], `${way}-${n}`);
      for (const [path, text] of Object.entries(change)) await writeFile(join(checkout, path), text ?? '');
      times.push(await kubectl());
    }
    const requests = (await audit()).filter(({ userAgent }) => userAgent.startsWith('kubectl')).length;
    return { ms: median(times), kubernetes: Math.round(requests / REPEATS) };
  } finally {
    await rm(checkout, { recursive: true, force: true });
  }
}
