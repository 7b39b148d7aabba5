import * as z from 'zod/mini';
import { asRevision } from '../../snapshot/source.ts';
import type { Deployment, DeploymentApi, DeploymentStatus } from '../port/deployments.ts';
import { DESCRIPTION, shorten } from '../port/shorten.ts';
import { asNumber, reading } from '../rest/answers.ts';
import { githubRequest, repositoryUrl } from './request.ts';

/** https://docs.github.com/en/rest/deployments/deployments */
export const githubDeployments: DeploymentApi = {
  findNewest: (at, environment) => ({
    request: githubRequest(
      'GET',
      `${repositoryUrl(at)}/deployments?environment=${encodeURIComponent(environment)}&per_page=1`,
    ),
    read: reading(z.array(DeploymentShape), ([newest]) => (newest === undefined ? null : deploymentOf(newest))),
  }),
  create: (at, { revision, environment, description, isTransient }) => ({
    request: githubRequest('POST', `${repositoryUrl(at)}/deployments`, {
      ref: revision,
      environment,
      description: shorten(description, DESCRIPTION),
      transient_environment: isTransient,
      production_environment: !isTransient,
      // By default GitHub merges the default branch into it, and refuses it while a status is pending, such as the one of this deploy.
      auto_merge: false,
      required_contexts: [],
    }),
    read: reading(DeploymentShape, deploymentOf),
  }),
  statusCalls: (at, { id }, { state, url, description }) => [
    {
      request: githubRequest('POST', `${repositoryUrl(at)}/deployments/${asNumber(id)}/statuses`, {
        state: STATES[state],
        description: shorten(description, DESCRIPTION),
        ...(url === null ? {} : { environment_url: url }),
      }),
      read: reading(z.object({ id: z.int() }), () => true as const),
    },
  ],
  permission: 'fine-grained tokens and Apps: Deployments, read and write; classic tokens: repo_deployment',
};

const STATES: Readonly<Record<DeploymentStatus['state'], string>> = {
  'in-progress': 'in_progress',
  success: 'success',
  failure: 'failure',
  inactive: 'inactive',
};

const DeploymentShape = z.object({ id: z.int(), sha: z.string() });

function deploymentOf({ id, sha }: z.infer<typeof DeploymentShape>): Deployment | undefined {
  const revision = asRevision(sha);
  return revision === null ? undefined : { id: String(id), revision, environmentId: null };
}
