import { eksAccesses } from '../../platforms/aws/eks/eks-access.ts';
import { signedChecks } from '../../platforms/aws/sqs/signed-checks.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import { openRuntime } from '../runtime.ts';
import type { AppRuntime } from '../app-runtime.ts';
import type { AfterDeploy } from '../deploy-work.ts';
import { ecrLoginOf } from '../images/registry-login.ts';

interface FunctionRuntimeOptions {
  readonly holder: string;
  /** In the audit logs, for functions that look at many targets. Default: each target has its own. */
  readonly sessionName?: string;
  /** It only reads clusters: with their read roles. */
  readonly isReader?: boolean;
}

/** The runtime as runs get it. What only the work queue takes is loaded where the stack has one. */
export function withWork(runtime: AppRuntime, world: FunctionEnvironment): () => Promise<AppRuntime & AfterDeploy> {
  let working: Promise<AppRuntime & AfterDeploy> | null = null;
  return async () => {
    if (!world.hasWork) return runtime;
    working ??= import('./queuing-work.ts').then(({ queuingWork }) => queuingWork(runtime, world));
    return working;
  };
}

/** The runtime of a function: clusters on EKS, the permissions of its role, no disk. */
export function functionRuntime(
  world: FunctionEnvironment,
  { holder, isReader = false, ...session }: FunctionRuntimeOptions,
): AppRuntime {
  const { config, log, aws, region, credentials, secrets, nowMs } = world;
  const eks = eksAccesses({ aws, credentials, nowMs, home: region, isReader, ...session });
  return openRuntime({
    config,
    log,
    holder,
    isReader,
    progress: () => undefined,
    secrets,
    registryLogin: ecrLoginOf(aws),
    async identityLogin(url) {
      const { identityLogin } = await import('../../platforms/aws/codecommit/identity-login.ts');
      return identityLogin(url, { credentials, home: async () => region, nowMs });
    },
    // The variable is read only when a check is sent: the sweep function sends none and does not have it.
    outbox: {
      checks: {
        send: async (request, afterMs, signal) =>
          signedChecks({ aws, region, queueUrl: world.variable('HEADGATE_CHECK_QUEUE_URL') }).send(
            request,
            afterMs,
            signal,
          ),
      },
      requests: {
        send: async (requests, signal) => world.queueAt('HEADGATE_DEPLOY_QUEUE_URL').send(requests, signal),
      },
    },
    accessOf(cluster, target) {
      if (cluster.kind === 'eks') return eks(cluster, target);
      throw new DeployError('config-invalid', {
        subject: `cluster ${cluster.name}`,
        message: 'functions cannot use a kubeconfig',
        remedy: 'Configure the cluster with eks:, or deploy to it with headgate serve.',
      });
    },
  });
}
