import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../test/rig/programs/command.ts';
import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { followAudit } from './audit.ts';
import { files, range } from './content.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';

/** What a CI job does after a push: clone, then run kubectl on everything. */
export interface AlternativeRow {
  readonly way: string;
  readonly objects: number;
  readonly cloneMs: number;
  readonly runMs: number;
  /** As the API server counted them. */
  readonly kubernetes: number;
}

const WAYS: readonly { readonly way: string; readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv }[] = [
  { way: 'kubectl apply --server-side -R', args: ['apply', '--server-side', '-R', '-f', 'apps'], env: {} },
  {
    way: 'kubectl apply --prune --applyset',
    args: ['apply', '--server-side', '--force-conflicts', '--prune', '--applyset=bench', '-R', '-f', 'apps'],
    env: { KUBECTL_APPLYSET: 'true' },
  },
  { way: 'kubectl diff', args: ['diff', '--server-side', '--force-conflicts', '-R', '-f', 'apps'], env: {} },
];

/** Deploys one changed object as a CI job would. Every object was applied before, so it is the only difference. */
export async function measureAlternatives(
  objects: number,
  cluster: ClusterAddress,
  say: (text: string) => void,
): Promise<readonly AlternativeRow[]> {
  const lab = await openLab({ cluster });
  try {
    await lab.repository.commit(files(range(objects), 'first'));
    await lab.repository.repack();
    const rows: AlternativeRow[] = [];
    for (const [n, { way, args, env }] of WAYS.entries()) {
      // The first run is a first deploy. The second, with one difference, is measured.
      if (way !== 'kubectl diff') await ciJob(lab, { args, env });
      await lab.repository.commit(files([n], `changed-${n}`));
      const audit = await followAudit(cluster.auditLog);
      const times = await ciJob(lab, { args, env });
      const kubernetes = (await audit()).filter(({ userAgent }) => userAgent.startsWith('kubectl')).length;
      say(`${way} of ${objects}: ${Math.round(times.runMs)} ms`);
      rows.push({ way, objects, ...times, kubernetes });
    }
    return rows;
  } finally {
    await lab.close();
  }
}

async function ciJob(lab: Lab, { args, env }: { args: readonly string[]; env: NodeJS.ProcessEnv }) {
  const checkout = join(lab.directory, 'ci');
  const timed = async (program: string, all: readonly string[], cwd: string) => {
    const startedMs = performance.now();
    const { code, stderr } = await run(program, all, { cwd, env: { ...process.env, ...env } });
    // kubectl diff exits with 1 when something differs.
    if (code !== 0 && !(args[0] === 'diff' && code === 1))
      throw new Error(`${program} ${all.join(' ')}: ${stderr.slice(-2000)}`);
    return performance.now() - startedMs;
  };
  try {
    const cloneMs = await timed(
      'git',
      ['clone', '-q', '--depth', '1', lab.host.cloneUrl('acme/fleet'), checkout],
      lab.directory,
    );
    const kubeconfig = `--kubeconfig=${lab.cluster.kubeconfig}`;
    const runMs = await timed(lab.cluster.kubectl, [kubeconfig, '-n', lab.namespace, ...args], checkout);
    return { cloneMs, runMs };
  } finally {
    await rm(checkout, { recursive: true, force: true });
  }
}
