import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startControlPlane } from './cluster/control-plane.ts';
import type { ClusterAddress } from './cluster/control-plane.ts';
import { getParts } from './cluster/parts.ts';
import { withProgress } from './cluster/progress.ts';

declare module 'vitest' {
  interface ProvidedContext {
    cluster: ClusterAddress;
  }
}

/** One control plane for the whole run; each test has namespaces of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
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
