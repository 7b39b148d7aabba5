import { eksAccesses } from '../../platforms/aws/eks/eks-access.ts';
import { machineCredentials } from '../../platforms/aws/api/machine-credentials.ts';
import { openAws } from '../../platforms/aws/api/request.ts';
import type { ClusterAccess } from '../../cluster/api/access.ts';
import { RUN_LIMITS } from '../../cluster/state/limits.ts';
import type { RunLimits } from '../../cluster/state/limits.ts';
import type { Config } from '../../config/checked/config.ts';
import { memoryOutbox } from '../../deploy/ports/outbox.ts';
import type { Outbox } from '../../deploy/ports/outbox.ts';
import { openRuntime } from '../runtime.ts';
import type { AccessOf, AppRuntime } from '../runtime.ts';
import { webhookSecrets } from '../secrets.ts';
import type { SecretSources, WebhookSecrets } from '../secrets.ts';
import { wait } from '../wait.ts';
import { kubeconfigAccess } from '../../platforms/local/kubeconfig.ts';
import type { KubeconfigCluster } from '../../platforms/local/kubeconfig.ts';
import { localSecrets } from './local-secrets.ts';
import type { LocalObjects } from '../../git/local-objects.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { ReadersApart } from '../../parsing/apart.ts';

export interface LocalOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** The lease holder: for `serve` the id of its data directory, whose next process may take the leases over. */
  readonly holder: string;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
  /** Default: in memory and discarded, for commands that deploy nothing. */
  readonly outbox?: Outbox;
  readonly limits?: RunLimits;
  /** Read before the Git host. Default: none. */
  readonly localObjects?: LocalObjects | null;
}

export interface LocalRuntime extends AppRuntime, WebhookSecrets {
  readonly secrets: SecretSources;
}

/** A kubeconfig is read again after this time, so that a renewed certificate is found. */
const KUBECONFIG_MS = 30_000;

/** The runtime of one machine: kubeconfigs, the machine's AWS credentials, its environment. */
export function localRuntime({
  config,
  env,
  log,
  holder,
  progress,
  outbox = memoryOutbox(),
  limits = RUN_LIMITS,
  localObjects = null,
}: LocalOptions): LocalRuntime {
  const nowMs = () => Date.now();
  const credentials = machineCredentials(nowMs);
  const aws = openAws({ credentials, env, nowMs, wait });
  const secrets = localSecrets({ env, aws, region: config.aws.region, nowMs });
  const kubeconfigs = keptKubeconfigs(env, nowMs);
  const eks = eksAccesses({ aws, credentials, nowMs });
  const accessOf: AccessOf = (cluster, target) =>
    cluster.kind === 'eks' ? eks(cluster, target) : kubeconfigs(cluster);
  const apart = lateReaders();
  const { loadReaders } = apart;
  const runtime = openRuntime({
    config,
    log,
    holder,
    progress,
    secrets,
    accessOf,
    outbox,
    limits,
    loadReaders,
    localObjects,
  });
  return {
    ...runtime,
    ...webhookSecrets(secrets),
    secrets,
    close() {
      runtime.close();
      apart.close();
      aws.close();
    },
  };
}

/** Parses what is pushed in worker threads, which share the machine with the other runs. */
function lateReaders() {
  let opened: Promise<ReadersApart> | null = null;
  return {
    loadReaders: async () => {
      opened ??= import('../../parsing/apart.ts').then(({ readersApart }) => readersApart());
      return (await opened).readers;
    },
    close: () => void opened?.then((apart) => apart.close()),
  };
}

function keptKubeconfigs(env: NodeJS.ProcessEnv, nowMs: () => number) {
  const accesses = new Map<string, { readonly atMs: number; readonly access: Promise<ClusterAccess> }>();
  return (cluster: KubeconfigCluster): Promise<ClusterAccess> => {
    const known = accesses.get(cluster.name);
    if (known !== undefined && nowMs() - known.atMs < KUBECONFIG_MS) return known.access;
    const access = kubeconfigAccess(cluster, env);
    accesses.set(cluster.name, { atMs: nowMs(), access });
    access.catch(() => accesses.delete(cluster.name));
    return access;
  };
}
