import { DeployError } from '../../error/deploy-error.ts';
import { isAnswered } from './ping-webhook.ts';
import type { Hook, HookDelivery } from '../../githost/port/setup.ts';

export interface WebhookFacts {
  /** Its name in headgate.yml, which ends the webhook URL. */
  readonly repository: string;
  readonly fullName: string;
  readonly hooks: readonly Hook[];
  /** Newest first; null: the host does not list them. */
  readonly deliveriesOf: (hook: Hook) => Promise<readonly HookDelivery[] | null>;
}

/** The detail for the table. @throws DeployError with the first mistake that keeps pushes from arriving */
export async function diagnoseWebhook({ repository, fullName, hooks, deliveriesOf }: WebhookFacts): Promise<string> {
  const invalid = (message: string, remedy = `Run headgate connect ${repository} to fix the webhook.`) =>
    new DeployError('config-invalid', { subject: `webhooks of ${fullName}`, message, remedy });
  const hook = hooks.find(({ url }) => URL.parse(url)?.pathname.endsWith(`/webhooks/${repository}`) === true);
  if (hook === undefined) {
    throw invalid(`no webhook points to /webhooks/${repository}, so only the sweep finds pushes`);
  }
  if (hook.mistakes.length > 0) throw invalid(`webhook ${hook.id}: ${hook.mistakes.join(', ')}`);
  const deliveries = await deliveriesOf(hook);
  if (deliveries === null)
    return `webhook ${hook.id}; its deliveries are listed only in the settings of the repository`;
  const [last] = deliveries;
  if (last === undefined) return `webhook ${hook.id}, no delivery has been seen from this repository yet`;
  if (isAnswered(last)) return `webhook ${hook.id}, last delivery succeeded`;
  throw invalid(`webhook ${hook.id}: ${failureText(last)}`, failureRemedy(last, repository));
}

function failureText({ event, statusCode, status }: HookDelivery): string {
  if (statusCode === 401) return 'the last delivery was signed with a different secret';
  if (statusCode === 404) return 'the receiver of the last delivery does not know this repository';
  return `the last delivery (${event}) failed: ${status}`;
}

function failureRemedy({ statusCode }: HookDelivery, repository: string): string {
  switch (statusCode) {
    case 401:
      return `Run headgate connect ${repository} to set the secret again. If that does not help, deploy this headgate.yml to the receiver.`;
    case 404:
      return 'Deploy this headgate.yml to the receiver: run headgate bootstrap, or restart serve.';
    case 413:
      return 'Ignore this: the push was too large for a webhook, and the sweep finds it.';
    default:
      return 'Check that Headgate is running and that the Git host can reach it, and see the log of the webhook function.';
  }
}
