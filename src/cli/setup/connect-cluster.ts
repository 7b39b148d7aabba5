import { openSessions } from '../../cluster/api/connection.ts';
import { hasReadRole } from '../../config/derived/read-role.ts';
import type { ClusterConfig, Target } from '../../config/checked/config.ts';
import { representativeTargets } from '../../config/templates/representative-target.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import { targetProbe } from '../../app/probes/access-probes.ts';
import { runProbe } from '../../app/probes/probe.ts';
import type { ProbeResult } from '../../app/probes/probe.ts';
import { formatProbes } from '../lookup/format-probes.ts';
import { verifyInFunctions } from './verify-in-functions.ts';
import { clusterInstructions } from './cluster-instructions.ts';
import type { ConnectFlags } from './connect-flags.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { rbacManifests } from './target-rbac.ts';

/** Verifies access to a cluster as each of its targets. If a check fails, prints how to grant access. */
export async function connectCluster(context: Context, cluster: ClusterConfig, flags: ConnectFlags): Promise<ExitCode> {
  const { config } = context;
  const own = config.targets.filter((target) => target.cluster.name === cluster.name);
  const targets = [...own, ...representativeTargets(config.templates, cluster)];
  const previews = config.previews.filter((preview) => preview.cluster.name === cluster.name);
  if (flags.isRbac) {
    context.print((await rbacManifests(targets, { previews, hasReaders: hasReadRole(cluster) })).trimEnd());
    return 0;
  }
  const results = (await verifyInFunctions(context, targets)) ?? (await probeHere(context, targets));
  context.print(formatProbes(results, context));
  if (results.every(({ problem }) => problem === null)) return 0;
  const isRefused = results.some(({ kind, problem }) => kind === 'target' && problem !== null);
  if (context.output === 'text' && isRefused) {
    context.print('');
    for (const line of await clusterInstructions(context, { cluster, targets, previews })) context.print(line);
  }
  return 1;
}

async function probeHere(context: Context, targets: readonly Target[]): Promise<readonly ProbeResult[]> {
  const { config, env, log, dataDir, signal } = context;
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress: () => undefined });
  const sessions = openSessions();
  try {
    const probes = targets.map((target) => targetProbe(target, { runtime, sessions }));
    return await Promise.all(probes.map((probe) => runProbe(probe, signal)));
  } finally {
    sessions.close();
    runtime.close();
  }
}
