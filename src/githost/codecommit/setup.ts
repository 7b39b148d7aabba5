import type { HostSetup, SetupRepository } from '../port/setup.ts';
import { locationOf } from './repository-url.ts';

export const codecommitSetup: HostSetup = { hooks: null, manualText, appText: null };

/** What `headgate bootstrap` creates (src/platforms/aws/codecommit/push-events.ts), for people who want to check it. */
function manualText({ url, fullName }: SetupRepository, webhookUrl: string): string {
  const region = locationOf(new URL(url))?.region ?? 'REGION';
  const partition = partitionOf(region);
  const pattern = {
    source: ['aws.codecommit'],
    'detail-type': ['CodeCommit Repository State Change'],
    resources: [`arn:${partition}:codecommit:${region}:ACCOUNT:${fullName}`],
  };
  return [
    `CodeCommit sends no webhooks, and ${webhookUrl} accepts none from it.`,
    'On AWS, headgate bootstrap creates a rule of EventBridge that invokes the webhook function, and allows only that rule to do so.',
    'It is part of the stack, so deploy the stack again after the repository was added to headgate.yml. Its event pattern:',
    `  ${JSON.stringify(pattern)}`,
    `If the stack is in another region than ${region}, forward these events to the default event bus there:`,
    `  aws events put-rule --region ${region} --name headgate-${fullName} --event-pattern '${JSON.stringify(pattern)}'`,
    `  aws events put-targets --region ${region} --rule headgate-${fullName} --targets Id=headgate,Arn=arn:${partition}:events:STACK_REGION:ACCOUNT:event-bus/default,RoleArn=ROLE_THAT_MAY_PUT_EVENTS`,
    'With headgate serve, the sweep finds every push.',
  ].join('\n');
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
