import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startControlPlane } from '../rig/cluster/control-plane.ts';
import type { ClusterAddress } from '../rig/cluster/control-plane.ts';
import { getParts } from '../rig/cluster/parts.ts';
import { withProgress } from '../rig/programs/progress.ts';

declare module 'vitest' {
  interface ProvidedContext {
    cluster: ClusterAddress;
  }
}

/** Starts one Kubernetes for all files of the project, or uses the one that `npm run cluster` started. Each test has its own namespaces. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = process.env['HEADGATE_TEST_CLUSTER'];
  if (running !== undefined) {
    project.provide('cluster', JSON.parse(await readFile(running, 'utf8')) as ClusterAddress);
    return () => Promise.resolve();
  }
  const parts = await getParts();
  const directory = await mkdtemp(join(tmpdir(), 'headgate-test-'));
  const cluster = await withProgress('starting Kubernetes', () =>
    startControlPlane({ parts, directory: join(directory, 'cluster'), controllers: true }),
  );
  project.provide('cluster', cluster.address);
  return async () => {
    await cluster.stop();
    await rm(directory, { recursive: true, force: true });
  };
}
