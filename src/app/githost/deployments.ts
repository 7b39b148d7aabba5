import type { Deployments } from '../../deploy/ports/githost/deployments.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Deployment, DeploymentApi, DeploymentStatus, NewDeployment } from '../../githost/port/deployments.ts';
import type { RepositoryLocation } from '../../githost/port/host-api.ts';
import type { HostCall } from '../../githost/port/pull-requests.ts';
import { hostFailure, sendCall } from './host-calls.ts';
import { openHostClient } from './host-client.ts';
import type { HostAccess, RefusedRequest } from './host-client.ts';

export interface DeploymentsOptions extends HostAccess {
  readonly api: DeploymentApi;
  readonly repository: RepositoryLocation;
}

/** Deployments over a Git host's REST API, for one run. */
export function openDeployments({ api, repository, ...access }: DeploymentsOptions): Deployments {
  const client = openHostClient(access);

  const failure = (refused: RefusedRequest) =>
    hostFailure(refused, { what: 'did not accept the deployment', allow: `write deployments (${api.permission})` });

  function send<Result>(call: HostCall<Result>, signal: AbortSignal, isRepeatable = true): Promise<Result | null> {
    return sendCall(call, { client, what: 'writing the deployment', isRepeatable, failure }, signal);
  }

  async function created(what: NewDeployment, signal: AbortSignal): Promise<Deployment> {
    const call = api.create(repository, what);
    const deployment = await send(call, signal, false);
    if (deployment !== null) return deployment;
    throw missing(call.request.url, api);
  }

  async function setStatus(deployment: Deployment, status: DeploymentStatus, signal: AbortSignal): Promise<void> {
    for (const call of api.statusCalls(repository, deployment, status)) {
      if ((await send(call, signal)) === null) throw missing(call.request.url, api);
    }
  }

  return {
    usage: client.usage,
    async report(what, status, signal) {
      const newest = await send(api.findNewest(repository, what.environment), signal);
      const deployment = newest?.revision === what.revision ? newest : await created(what, signal);
      await setStatus(deployment, status, signal);
    },
    async end(environment, description, signal) {
      const newest = await send(api.findNewest(repository, environment), signal);
      if (newest !== null) await setStatus(newest, { state: 'inactive', url: null, description }, signal);
    },
  };
}

function missing(subject: string, api: DeploymentApi): DeployError {
  return new DeployError('host-unreachable', {
    subject,
    message: 'the Git host has no such repository or deployment, or the credentials may not see it',
    remedy: `Check api of the repository in headgate.yml, and its credentials (${api.permission}).`,
  });
}
