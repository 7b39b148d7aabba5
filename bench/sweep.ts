import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { followAudit } from './audit.ts';
import { files, range } from './content.ts';
import { openLab } from './lab.ts';

export interface SweepRow {
  readonly objects: number;
  readonly drifted: number;
  readonly ms: number;
  readonly kubernetes: number;
  readonly lists: number;
}

/** The whole `headgate sweep` command, including its start, without pushes and with some objects edited by hand. */
export async function measureSweeps(
  { objects, drifted }: { objects: number; drifted: readonly number[] },
  cluster: ClusterAddress,
  say: (text: string) => void,
): Promise<readonly SweepRow[]> {
  const lab = await openLab({ cluster });
  try {
    const first = await lab.repository.commit(files(range(objects), 'first'));
    await lab.deliver([first]);
    await lab.outcome(first.revision);
    const rows: SweepRow[] = [];
    for (const count of drifted) {
      for (const n of range(count)) {
        const patch = JSON.stringify({ data: { value: 'by hand' } });
        await lab.kubectl('-n', lab.namespace, 'patch', 'configmap', `c${n}`, '--type=merge', '-p', patch);
      }
      const audit = await followAudit(cluster.auditLog);
      const startedMs = performance.now();
      await lab.headgate('sweep');
      const ms = performance.now() - startedMs;
      const entries = (await audit()).filter(({ userAgent }) => userAgent.startsWith('headgate'));
      say(`sweep of ${objects} with ${count} drifted: ${Math.round(ms)} ms`);
      const lists = entries.filter(({ verb }) => verb === 'list').length;
      rows.push({ objects, drifted: count, ms, kubernetes: entries.length, lists });
    }
    return rows;
  } finally {
    await lab.close();
  }
}
