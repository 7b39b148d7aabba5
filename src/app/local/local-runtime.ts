import { eksAccesses } from '../../platforms/aws/eks/eks-access.ts';
import { machineCredentials } from '../../platforms/aws/api/machine-credentials.ts';
import { openAws } from '../../platforms/aws/api/request.ts';
import type { ClusterAccess } from '../../cluster/api/access.ts';
import type { GivenRenderer } from '../../desired/plain/given-renderer.ts';
import { memoryOutbox } from '../../deploy/ports/outbox.ts';
import type { Outbox } from '../../deploy/ports/outbox.ts';
import { ecrLoginOf } from '../images/registry-login.ts';
import { openRuntime } from '../runtime.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { ChannelRenderer, Notices } from '../../channels/port.ts';
import { channelSender } from '../channels/channel-sender.ts';
import type { RuntimeOptions } from '../runtime.ts';
import { resolveSecret, SECRET_TIMEOUT_MS, webhookSecrets } from '../secrets.ts';
import type { SecretReference } from '../../config/written/reference.ts';
import type { SecretStore } from '../secret-store.ts';
import type { SecretSources, WebhookSecrets } from '../secrets.ts';
import { wait } from '../wait.ts';
import { workChannels } from '../work/work-channels.ts';
import type { Outcomes } from '../../queue/messages/write-request.ts';
import { kubeconfigAccess } from '../../platforms/local/kubeconfig.ts';
import type { KubeconfigCluster, KubeconfigOptions } from '../../platforms/local/kubeconfig.ts';
import { localSecrets } from './local-secrets.ts';
import type { ReadersApart } from '../../parsing/apart.ts';
import type { AccessOf } from '../access-of.ts';
import type { WorkRuntime } from '../work/work-runtime.ts';

/** What is left to the caller. The lease holder of `serve` is the id of its data directory. */
export interface LocalOptions extends Pick<
  RuntimeOptions,
  'config' | 'log' | 'holder' | 'progress' | 'limits' | 'localObjects'
> {
  readonly env: NodeJS.ProcessEnv;
  /** Default: in memory and discarded, for commands that deploy nothing. */
  readonly outbox?: Outbox;
  /** Where the notices of runs go. Default: nowhere, for commands that deploy nothing. */
  readonly notices?: Notices;
  /** What a platform brings along, instead of what this machine has. */
  readonly given?: GivenPorts;
  /** Where the outcomes of runs go that are recorded in Git. Default: nowhere. */
  readonly outcomes?: Outcomes;
}

export interface GivenPorts {
  /** Default: kubeconfigs, and EKS with the machine's credentials. */
  readonly accessOf?: AccessOf | undefined;
  /** Default: the environment, files, and AWS with the machine's credentials. */
  readonly secretStore?: SecretStore | undefined;
  /** Of kinds of channels that this package does not have. */
  readonly channelRenderers?: Readonly<Record<string, ChannelRenderer>>;
  readonly renderers?: readonly GivenRenderer[];
}

export interface LocalRuntime extends WorkRuntime, WebhookSecrets {}

/** A kubeconfig is read again after this time, so that a renewed certificate is found. */
const KUBECONFIG_MS = 30_000;

/** The runtime of one machine: kubeconfigs, the machine's AWS credentials, its environment. */
export function localRuntime({
  env,
  outbox = memoryOutbox(),
  notices,
  given = {},
  outcomes,
  ...options
}: LocalOptions): LocalRuntime {
  const nowMs = () => Date.now();
  const credentials = machineCredentials(nowMs);
  const aws = openAws({ credentials, env, nowMs, wait });
  const machine = localSecrets({ env, aws, region: options.config.aws.region, nowMs });
  const secrets: SecretSources = { ...machine, store: given.secretStore };
  const readSecret = (reference: SecretReference) =>
    resolveSecret(reference, secrets, AbortSignal.timeout(SECRET_TIMEOUT_MS));
  const kubeconfigs = keptKubeconfigs({ env, readSecret }, nowMs);
  const eks = eksAccesses({ aws, credentials, nowMs });
  const machineAccess: AccessOf = (cluster, target) =>
    cluster.kind === 'eks' ? eks(cluster, target) : kubeconfigs(cluster);
  const { accessOf = machineAccess, channelRenderers: renderers = {}, renderers: givenRenderers = [] } = given;
  const apart = lateReaders();
  const { loadReaders } = apart;
  const registryLogin = ecrLoginOf(aws);
  const identity: RuntimeOptions['identityLogin'] = async (url) => {
    const [{ identityLogin }, { machineRegion }] = await Promise.all([
      import('../../platforms/aws/codecommit/identity-login.ts'),
      import('../../platforms/aws/api/machine-region.ts'),
    ]);
    const home = async () => options.config.aws.region ?? (await machineRegion(env)) ?? noRegion(url);
    return identityLogin(url, { credentials, home, nowMs });
  };
  const { config } = options;
  const channels = workChannels({ config, notices, outcomes, nowMs });
  const runtime = openRuntime({
    ...options,
    channels,
    secrets,
    accessOf,
    outbox,
    loadReaders,
    registryLogin,
    identityLogin: identity,
    givenRenderers,
  });
  return {
    ...runtime,
    ...webhookSecrets(secrets),
    secrets,
    registryLogin,
    loadReaders,
    sender: channelSender({ config, secrets, aws, renderers, nowMs, wait }),
    close() {
      runtime.close();
      apart.close();
      aws.close();
    },
  };
}

function noRegion(url: URL): never {
  throw new DeployError('config-invalid', {
    subject: url.href,
    message: 'no AWS region is configured, and the URL has none',
    remedy: 'Set aws: { region: eu-west-1 } in headgate.yml, or AWS_REGION.',
  });
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

function keptKubeconfigs(options: KubeconfigOptions, nowMs: () => number) {
  const accesses = new Map<string, { readonly atMs: number; readonly access: Promise<ClusterAccess> }>();
  return (cluster: KubeconfigCluster): Promise<ClusterAccess> => {
    const known = accesses.get(cluster.name);
    if (known !== undefined && nowMs() - known.atMs < KUBECONFIG_MS) return known.access;
    const access = kubeconfigAccess(cluster, options);
    accesses.set(cluster.name, { atMs: nowMs(), access });
    access.catch(() => accesses.delete(cluster.name));
    return access;
  };
}
