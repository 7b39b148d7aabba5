import { openSessions } from '../../cluster/api/connection.ts';
import type { ClusterConfig, Target } from '../../config/checked/config.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import { clusterInstructions } from './cluster-instructions.ts';
import type { ConnectFlags } from './connect-flags.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { representativeTargets } from '../lookup/representative-target.ts';
import { formatTable } from '../terminal/table.ts';
import { probeTargetAccess } from './target-access.ts';
import { rbacManifests } from './target-rbac.ts';

/** Verifies access to a cluster as each of its targets. If one has none, prints how to grant it. */
export async function connectCluster(context: Context, cluster: ClusterConfig, flags: ConnectFlags): Promise<ExitCode> {
  const { config } = context;
  const own = config.targets.filter((target) => target.cluster.name === cluster.name);
  const targets = [...own, ...representativeTargets(config.templates, cluster)];
  if (flags.isRbac) {
    context.print((await rbacManifests(targets)).trimEnd());
    return 0;
  }
  const results = await probeAll(context, targets);
  const hasAccess = results.every(({ problem }) => problem === null);
  if (context.output === 'json') {
    const shown = results.map(({ target, detail, problem }) => ({
      target,
      ok: problem === null,
      detail,
      remedy: problem?.remedy ?? null,
    }));
    context.print(JSON.stringify(shown, null, 2));
    return hasAccess ? 0 : 1;
  }
  context.print(
    formatTable(
      ['TARGET', 'RESULT', 'DETAIL'],
      results.map(({ target, detail, problem }) => [target, problem === null ? 'ok' : 'FAILED', detail]),
    ),
  );
  if (hasAccess) return 0;
  context.print('');
  for (const line of await clusterInstructions(context, { cluster, targets })) context.print(line);
  return 1;
}

interface AccessResult {
  readonly target: string;
  readonly detail: string;
  readonly problem: Problem | null;
}

const DEADLINE_MS = 15_000;

async function probeAll(context: Context, targets: readonly Target[]): Promise<readonly AccessResult[]> {
  const { config, env, log, dataDir, signal } = context;
  const progress = () => undefined;
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress });
  const sessions = openSessions();
  try {
    return await Promise.all(
      targets.map(async (target): Promise<AccessResult> => {
        const within = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
        try {
          const user = await probeTargetAccess(target, { accessOf: runtime.accessOf, sessions }, within);
          return { target: target.name, detail: `as ${user.username}, ${user.groups.join(', ')}`, problem: null };
        } catch (thrown) {
          const { problem } = asDeployError(thrown);
          return { target: target.name, detail: problem.message, problem };
        }
      }),
    );
  } finally {
    sessions.close();
    runtime.close();
  }
}
