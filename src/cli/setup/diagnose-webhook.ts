import { DeployError } from '../../error/deploy-error.ts';
import type { Hook, HookDelivery } from '../../githost/github/hooks.ts';

export interface WebhookFacts {
  /** The name in headgate.yml, and so the end of the address. */
  readonly repository: string;
  readonly fullName: string;
  readonly hooks: readonly Hook[];
  /** Of the hook that is ours, the newest first. */
  readonly deliveriesOf: (hook: Hook) => Promise<readonly HookDelivery[]>;
}

/** A word for the table. @throws DeployError with the first mistake that keeps pushes from arriving */
export async function diagnoseWebhook({ repository, fullName, hooks, deliveriesOf }: WebhookFacts): Promise<string> {
  const wrong = (message: string, remedy = `Run headgate connect ${repository}: it mends the webhook.`) =>
    new DeployError('config-invalid', { subject: `webhooks of ${fullName}`, message, remedy });
  const hook = hooks.find(({ url }) => URL.parse(url)?.pathname.endsWith(`/webhooks/${repository}`) === true);
  if (hook === undefined) throw wrong(`none leads to /webhooks/${repository}, so only the sweep finds pushes`);
  const mistakes = [
    ...(hook.isActive ? [] : ['it is switched off']),
    ...(hook.contentType === 'json' ? [] : [`its content type is ${hook.contentType}, and only json is taken`]),
    ...(hook.events.includes('push') || hook.events.includes('*') ? [] : ['it does not send push events']),
    ...(hook.isTlsVerified ? [] : ['it does not verify TLS']),
  ];
  if (mistakes.length > 0) throw wrong(`webhook ${hook.id}: ${mistakes.join(', ')}`);
  const [last] = await deliveriesOf(hook);
  if (last === undefined) return `webhook ${hook.id}, nothing was delivered yet`;
  if (last.statusCode >= 200 && last.statusCode < 300) return `webhook ${hook.id}, the last delivery was taken`;
  throw wrong(`webhook ${hook.id}: ${failureText(last)}`, failureRemedy(last, repository));
}

function failureText({ event, statusCode, status }: HookDelivery): string {
  if (statusCode === 401) return 'the last delivery was signed with another secret';
  if (statusCode === 404) return 'the last delivery was to a repository that Headgate does not know there';
  return `the last delivery (${event}) failed: ${status}`;
}

function failureRemedy({ statusCode }: HookDelivery, repository: string): string {
  switch (statusCode) {
    case 401:
      return `Run headgate connect ${repository}: it sets the secret again. If it stays, deploy this headgate.yml where it is received.`;
    case 404:
      return 'Deploy this headgate.yml where it is received (headgate bootstrap, or restart serve).';
    case 413:
      return 'Nothing to do: the push was too large for a webhook, and the sweep finds it.';
    default:
      return 'See that Headgate runs and is reached from the Git host; the log of the webhook function says more.';
  }
}
