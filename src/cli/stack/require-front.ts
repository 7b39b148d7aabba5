import { hasFunctionUrls } from '../../platforms/aws/lambda/function-url-regions.ts';
import type { Stack } from '../../platforms/aws/cloudformation/stack.ts';
import { DeployError } from '../../error/deploy-error.ts';

/** @throws DeployError when this region does not have what webhooks are to arrive at */
export function requireFront(
  region: string,
  { given, before }: { readonly given: string | undefined; readonly before: Stack | null },
): void {
  const front = given ?? before?.parameters['Front'] ?? 'url';
  if (front !== 'url' || hasFunctionUrls(region)) return;
  throw new DeployError('usage', {
    subject: `region ${region}`,
    message: `Lambda function URLs do not exist in ${region}`,
    remedy: 'Pass --front api, which receives webhooks through API Gateway, or choose another --region.',
  });
}
