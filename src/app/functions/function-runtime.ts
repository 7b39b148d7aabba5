import { eksAccesses } from '../../platforms/aws/eks/eks-access.ts';
import { signedChecks } from '../../platforms/aws/sqs/signed-checks.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import { openRuntime } from '../runtime.ts';
import type { AppRuntime } from '../runtime.ts';

/** The world of a run in a function: clusters on EKS, rights of its own role, no disk. */
export function functionRuntime(world: FunctionEnvironment, holder: string): AppRuntime {
  const { config, log, aws, region, credentials, secrets, nowMs } = world;
  const eks = eksAccesses({ aws, credentials, nowMs });
  return openRuntime({
    config,
    log,
    holder,
    progress: () => undefined,
    secrets,
    // Looked up when they are needed: the sweep sends no checks and has no such variable.
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
        message: 'functions read no kubeconfig',
        remedy: 'Name the cluster with eks:, or deploy to it with headgate serve.',
      });
    },
  });
}
