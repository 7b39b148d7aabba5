import { setTimeout as pause } from 'node:timers/promises';
import { DeployError } from '../../error/deploy-error.ts';
import type { HookDelivery, HookSettings } from '../../githost/port/hooks.ts';
import type { WebhookClient } from './webhook-client.ts';

/** 15 s in all: a delivery is listed once it has ended, and the host gives up after 10 s. */
const POLLS = 30;
const POLL_INTERVAL_MS = 500;

/** Sends a ping and waits until the host lists how the receiver answered it. Null: not listed in time. */
export async function pingWebhook(id: number, hooks: WebhookClient, signal: AbortSignal): Promise<HookDelivery | null> {
  const before = new Set((await hooks.deliveries(id, signal)).map((delivery) => delivery.id));
  await hooks.ping(id, signal);
  for (let polls = 0; polls < POLLS; polls += 1) {
    const ping = (await hooks.deliveries(id, signal)).find(
      (delivery) => delivery.event === 'ping' && !before.has(delivery.id),
    );
    if (ping !== undefined) return ping;
    await pause(POLL_INTERVAL_MS, undefined, { signal });
  }
  return null;
}

export function pingFailed(ping: HookDelivery | null, { url }: HookSettings): DeployError {
  const subject = url;
  if (ping === null) {
    return new DeployError('host-unreachable', {
      subject,
      message: 'the webhook is registered, but its ping has not been delivered yet',
      remedy: 'Run headgate doctor in a minute.',
    });
  }
  const { statusCode, status } = ping;
  const isSecret = statusCode === 401;
  return new DeployError(isSecret ? 'secret-missing' : 'host-unreachable', {
    subject,
    message: `the webhook is registered, but its ping failed: ${status}`,
    remedy: isSecret
      ? 'Deploy this headgate.yml to the receiver, which has a different secret: run headgate bootstrap, or restart serve.'
      : 'Check that the Git host can reach Headgate at this URL, or pass the right one with --url.',
  });
}
