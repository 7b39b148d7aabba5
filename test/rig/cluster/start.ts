import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlPlane } from './control-plane.ts';
import { getParts } from './parts.ts';
import { withProgress } from '../programs/progress.ts';

// `npm run cluster`: a throw-away Kubernetes for a person, until Ctrl-C.
const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
});
const parts = await getParts();
const directory = await mkdtemp(join(tmpdir(), 'headgate-cluster-'));
try {
  const cluster = await withProgress('starting Kubernetes', () =>
    startControlPlane({ parts, directory, controllers: true }),
  );
  const address = join(directory, 'address.json');
  await writeFile(address, JSON.stringify(cluster.address), { mode: 0o600 });
  process.stdout.write(`export KUBECONFIG=${cluster.address.kubeconfig}\n`);
  process.stdout.write(`export HEADGATE_TEST_CLUSTER=${address}\n`);
  process.stderr.write('Kubernetes runs; Ctrl-C stops it.\n');
  await stopped;
  await cluster.stop();
} finally {
  await rm(directory, { recursive: true, force: true });
}
