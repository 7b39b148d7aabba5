import type { Target } from '../../config/checked/config.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { DeployError, ErrorCode } from '../../error/deploy-error.ts';
import { inParallel } from '../../exchange/pool.ts';
import type { Log } from '../ports/log.ts';
import type { DeployRequest } from '../ports/request.ts';

/** Queues what a sweep found. Called as soon as a cluster is done, so that a slow one does not hold up the others. */
export type Send = (requests: readonly DeployRequest[]) => Promise<void>;

export interface ClusterSweep {
  /** How many targets of one cluster are looked at at once. */
  readonly targetsAtOnce: number;
  /** Null: nothing to request. */
  readonly look: (target: Target) => Promise<DeployRequest | null>;
  readonly send: Send;
  readonly log: Log;
}

/** Connecting to hundreds at once takes longer than a connection may take, where a function has a share of a processor. */
const CLUSTERS_AT_ONCE = 20;

/** What the other targets of the cluster would fail with, after the same time. */
const OF_THE_CLUSTER: ReadonlySet<ErrorCode> = new Set(['cluster-unreachable', 'aws-unreachable']);

/**
 * Looks at all targets, and sends what is found cluster by cluster. A target that fails is logged and skipped, and so is the rest
 * of a cluster that does not answer. An interruption ends the looking, not the sending. @throws when something was not sent
 */
export async function lookByCluster(
  targets: readonly Target[],
  looking: ClusterSweep,
  signal: AbortSignal,
): Promise<readonly DeployRequest[]> {
  const clusters = [...Map.groupBy(targets, ({ cluster }) => cluster).values()];
  const unsent: unknown[] = [];
  const requests = await inParallel(clusters, CLUSTERS_AT_ONCE, async (own) => {
    const found = await lookAtCluster(own, looking, signal);
    if (found.length > 0) await looking.send(found).catch((thrown: unknown) => void unsent.push(thrown));
    return found;
  });
  if (unsent.length > 0) throw unsent[0];
  return requests.flat();
}

async function lookAtCluster(
  targets: readonly Target[],
  { targetsAtOnce, look, log }: ClusterSweep,
  signal: AbortSignal,
): Promise<readonly DeployRequest[]> {
  let unreachable: DeployError | null = null;
  const skipped: Target[] = [];
  const found = await inParallel(targets, targetsAtOnce, async (target) => {
    if (signal.aborted) return null;
    if (unreachable !== null) {
      skipped.push(target);
      return null;
    }
    try {
      return await look(target);
    } catch (thrown) {
      const error = asDeployError(thrown);
      // Another run is working on it, or this process is stopping.
      if (error.code === 'lease-held' || error.code === 'lease-lost' || signal.aborted) return null;
      if (OF_THE_CLUSTER.has(error.code)) unreachable = error;
      log({ level: 'error', message: 'sweep-failed', target: target.name, errors: [error.problem] });
      return null;
    }
  });
  if (skipped.length > 0) {
    const cluster = skipped[0]?.cluster.name;
    log({ level: 'warn', message: 'sweep-skipped', cluster, targets: skipped.map(({ name }) => name) });
  }
  return found.filter((request) => request !== null);
}
