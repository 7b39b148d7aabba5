import * as z from 'zod/mini';
import { DeployError } from '../../../error/deploy-error.ts';
import { callJson } from '../api/json.ts';
import type { Aws } from '../api/request.ts';
import { registryOf } from './registry.ts';

const Answer = z.object({ authorizationData: z.array(z.object({ authorizationToken: z.string() })) });

/**
 * The login to a private registry of ECR, in the form of `auth` in a registry's configuration file; null for any other registry.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
export async function ecrLogin(host: string, aws: Aws, signal: AbortSignal): Promise<string | null> {
  const registry = registryOf(host);
  if (registry === null) return null;
  const { region } = registry;
  const action = 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken';
  const { status, text } = await callJson(aws, { service: 'ecr', region, action, content: {} }, signal);
  const token = status === 200 ? z.parse(Answer, JSON.parse(text)).authorizationData[0]?.authorizationToken : undefined;
  if (token !== undefined) return token;
  throw new DeployError('aws-unauthorized', {
    subject: host,
    message: `ECR returned no login (status ${status})`,
    remedy: 'Run headgate bootstrap, which grants the deploy function ecr:GetAuthorizationToken.',
  });
}
