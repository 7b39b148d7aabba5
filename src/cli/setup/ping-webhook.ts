import { setTimeout as pause } from 'node:timers/promises';
import { DeployError } from '../../error/deploy-error.ts';
import type { HookDelivery, HookSettings } from '../../githost/port/setup.ts';
import type { WebhookClient } from './webhook-client.ts';

/** 15 s in all: a delivery is listed once it has ended, and the host gives up after 10 s. */
const POLLS = 30;
const POLL_INTERVAL_MS = 500;

/** What is known of a test delivery: how the receiver answered it. */
export type Ping = HookDelivery | 'not-listed-in-time' | 'host-lists-none' | 'host-sends-none';

/** Has a delivery sent, and waits until the host lists how the receiver answered it. */
export async function pingWebhook(id: string, hooks: WebhookClient, signal: AbortSignal): Promise<Ping> {
  if (hooks.test === null) return 'host-sends-none';
  const before = await hooks.deliveries(id, signal);
  await hooks.test(id, signal);
  if (before === null) return 'host-lists-none';
  const known = new Set(before.map((delivery) => delivery.id));
  for (let polls = 0; polls < POLLS; polls += 1) {
    const ping = (await hooks.deliveries(id, signal))?.find((delivery) => !known.has(delivery.id));
    if (ping !== undefined) return ping;
    await pause(POLL_INTERVAL_MS, undefined, { signal });
  }
  return 'not-listed-in-time';
}

export function isAnswered({ statusCode }: HookDelivery): boolean {
  return statusCode >= 200 && statusCode < 300;
}

export function pingFailed(ping: HookDelivery | 'not-listed-in-time', { url }: HookSettings): DeployError {
  const subject = url;
  if (ping === 'not-listed-in-time') {
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
