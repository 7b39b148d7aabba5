import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlPlane } from '../test/rig/cluster/control-plane.ts';
import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { getParts } from '../test/rig/cluster/parts.ts';
import { withProgress } from '../test/rig/programs/progress.ts';

/** Runs `work` on the running cluster, or else on a new one. */
export async function withCluster<T>(work: (cluster: ClusterAddress) => Promise<T>): Promise<T> {
  const running = process.env['HEADGATE_TEST_CLUSTER'];
  if (running !== undefined) return work(JSON.parse(await readFile(running, 'utf8')) as ClusterAddress);
  const parts = await getParts();
  const directory = await mkdtemp(join(tmpdir(), 'headgate-bench-cluster-'));
  const started = await withProgress('starting Kubernetes', () =>
    startControlPlane({ parts, directory: join(directory, 'cluster'), controllers: true }),
  );
  try {
    return await work(started.address);
  } finally {
    await started.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
