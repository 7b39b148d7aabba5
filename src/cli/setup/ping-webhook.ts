import { setTimeout as pause } from 'node:timers/promises';
import { DeployError } from '../../error/deploy-error.ts';
import type { HookDelivery, HookSettings } from '../../githost/port/setup.ts';
import type { WebhookClient } from './webhook-client.ts';

/** 15 s in all: a delivery is listed once it has ended, and the host gives up after 10 s. */
const POLLS = 30;
const POLL_INTERVAL_MS = 500;

/** What is known of a test delivery. */
export type Ping =
  | { readonly kind: 'answered'; readonly delivery: HookDelivery }
  | { readonly kind: 'not-listed-in-time' | 'host-lists-none' }
  /** Some hosts send the newest push as a test, which an empty repository does not have. */
  | { readonly kind: 'not-sent'; readonly reason: string };

/** Makes the host send a delivery, and waits until it lists how the receiver answered. */
export async function pingWebhook(id: string, hooks: WebhookClient, signal: AbortSignal): Promise<Ping> {
  if (hooks.test === null) return { kind: 'not-sent', reason: 'its API cannot send one' };
  const before = await hooks.deliveries(id, signal);
  try {
    await hooks.test(id, signal);
  } catch (thrown) {
    if (thrown instanceof DeployError) return { kind: 'not-sent', reason: thrown.problem.message };
    throw thrown;
  }
  if (before === null) return { kind: 'host-lists-none' };
  const known = new Set(before.map((delivery) => delivery.id));
  for (let polls = 0; polls < POLLS; polls += 1) {
    const delivery = (await hooks.deliveries(id, signal))?.find((each) => !known.has(each.id));
    if (delivery !== undefined) return { kind: 'answered', delivery };
    await pause(POLL_INTERVAL_MS, undefined, { signal });
  }
  return { kind: 'not-listed-in-time' };
}

export function isAnswered({ statusCode }: HookDelivery): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** What to say of a webhook that is registered. @throws DeployError when its deliveries do not arrive */
export function pingOutcome(ping: Ping, { url }: HookSettings): string {
  switch (ping.kind) {
    case 'answered':
      if (isAnswered(ping.delivery)) return 'its ping succeeded';
      throw pingFailed(ping.delivery, url);
    case 'host-lists-none':
      return 'the settings of the repository show its test delivery';
    case 'not-sent':
      return `the next push tests it, because the host sent no ping: ${ping.reason}`;
    case 'not-listed-in-time':
      throw new DeployError('host-unreachable', {
        subject: url,
        message: 'the webhook is registered, but its ping has not been delivered yet',
        remedy: 'Run headgate doctor in a minute.',
      });
    default:
      return ping satisfies never;
  }
}

function pingFailed({ statusCode, status }: HookDelivery, subject: string): DeployError {
  const isSecret = statusCode === 401;
  return new DeployError(isSecret ? 'secret-missing' : 'host-unreachable', {
    subject,
    message: `the webhook is registered, but its ping failed: ${status}`,
    remedy: isSecret
      ? 'Deploy this headgate.yml to the receiver, which has a different secret: run headgate bootstrap, or restart serve.'
      : 'Check that the Git host can reach Headgate at this URL, or pass the right one with --url.',
  });
}
