import * as z from 'zod/mini';
import { asRevision } from '../../snapshot/source.ts';
import type { ApiAnswer, RepositoryLocation } from '../port/host-api.ts';
import type { Deployment, DeploymentApi, DeploymentStatus } from '../port/deployments.ts';
import { jsonRequest } from '../rest/json-request.ts';
import type { HostCall } from '../port/pull-requests.ts';
import { asNumber, reading } from '../rest/answers.ts';
import { projectUrl } from './project-url.ts';

/** https://docs.gitlab.com/api/deployments: the URL belongs to the environment, which the first deployment creates. */
export const gitlabDeployments: DeploymentApi = {
  findNewest: (at, environment) => ({
    request: jsonRequest(
      'GET',
      `${projectUrl(at)}/deployments?environment=${encodeURIComponent(environment)}&order_by=id&sort=desc&per_page=1`,
    ),
    read: reading(z.array(DeploymentShape), ([newest]) => (newest === undefined ? null : deploymentOf(newest))),
  }),
  create: (at, { revision, branch, environment }) => ({
    request: jsonRequest('POST', `${projectUrl(at)}/deployments`, {
      environment,
      sha: revision,
      ref: branch,
      tag: false,
      status: 'running',
    }),
    read: reading(DeploymentShape, deploymentOf),
  }),
  statusCalls: (at, deployment, { state, url }) => [
    ...(url === null ? [] : [urlCall(at, deployment, url)]),
    state === 'inactive' ? stopCall(at, deployment) : statusCall(at, deployment, STATES[state]),
  ],
  permission: 'a token with the scope api, and the role Developer or higher in the project',
};

const STATES: Readonly<Record<Exclude<DeploymentStatus['state'], 'inactive'>, string>> = {
  'in-progress': 'running',
  success: 'success',
  failure: 'failed',
};

function urlCall(at: RepositoryLocation, deployment: Deployment, url: string): HostCall<true> {
  return {
    request: jsonRequest('PUT', environmentUrl(at, deployment), { external_url: url }),
    read: reading(z.unknown(), () => true as const),
  };
}

/** It stays in the list of environments that were stopped. */
function stopCall(at: RepositoryLocation, deployment: Deployment): HostCall<true> {
  return {
    request: jsonRequest('POST', `${environmentUrl(at, deployment)}/stop`),
    read: reading(z.unknown(), () => true as const),
  };
}

function statusCall(at: RepositoryLocation, { id }: Deployment, status: string): HostCall<true> {
  const read = reading(z.unknown(), () => true as const);
  return {
    request: jsonRequest('PUT', `${projectUrl(at)}/deployments/${asNumber(id)}`, { status }),
    read: (answer) => (isRepetition(answer) ? true : read(answer)),
  };
}

/** GitLab refuses the status that a deployment has, and `running` once it has ended. */
function isRepetition({ status, text }: ApiAnswer): boolean {
  return status === 400 && /cannot transition/i.test(text);
}

function environmentUrl(at: RepositoryLocation, { environmentId }: Deployment): string {
  return `${projectUrl(at)}/environments/${asNumber(environmentId ?? '')}`;
}

const DeploymentShape = z.object({ id: z.int(), sha: z.string(), environment: z.object({ id: z.int() }) });

function deploymentOf({ id, sha, environment }: z.infer<typeof DeploymentShape>): Deployment | undefined {
  const revision = asRevision(sha);
  return revision === null ? undefined : { id: String(id), revision, environmentId: String(environment.id) };
}
