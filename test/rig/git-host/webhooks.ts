import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Webhook } from './store.ts';

/** The host whose deliveries and API a Git host has. */
export type Speaks = 'github' | 'gitlab';

export interface SentDelivery {
  readonly id: string;
  readonly event: string;
  readonly payload: string;
  readonly sentAtMs: number;
  readonly webhook: Webhook;
  /** The status of the response; null before the delivery is sent, or without a response. */
  status: number | null;
  answer: string;
}

/** The ways in which deliveries fail. Each is called per delivery of a push, with its number from 0. */
export interface DeliveryFaults {
  lose?: (index: number) => boolean;
  repeat?: (index: number) => boolean;
  /** Delayed until the next delivery was sent. */
  reorder?: (index: number) => boolean;
  delayMs?: number;
  /** The payload lists only the newest commit: worse than GitHub, which cuts the list at 2,048. */
  truncate?: (index: number) => boolean;
}

export interface Sender {
  readonly deliveries: readonly SentDelivery[];
  /** Sends a push to a webhook, with faults. */
  push(webhook: Webhook, payload: string): void;
  /** Sends at once; a delivery that was sent before keeps its id. */
  send(delivery: SentDelivery, headers?: Readonly<Record<string, string>>): Promise<void>;
  /** Sends another event. */
  notify(webhook: Webhook, event: string, payload: string): void;
  settled(): Promise<void>;
}

/** GitHub gives up on a receiver after this long, and does not send the delivery again. */
const DEADLINE_MS = 10_000;

/** Signs and sends each delivery independently: GitHub keeps no order either. */
export function webhookSender(faultsNow: () => DeliveryFaults, speaks: Speaks = 'github'): Sender {
  const deliveries: SentDelivery[] = [];
  const underWay = new Set<Promise<unknown>>();
  let pushes = 0;
  let held: (() => Promise<void>) | null = null;

  function track(work: Promise<void>): Promise<void> {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
    return work;
  }

  function takeHeld(): (() => Promise<void>) | null {
    const last = held;
    held = null;
    return last;
  }

  return {
    deliveries,
    push(webhook, payload) {
      const faults = faultsNow();
      const index = pushes;
      pushes += 1;
      const text = faults.truncate?.(index) === true ? truncated(payload) : payload;
      const delivery = newDelivery(webhook, { event: 'push', payload: text });
      deliveries.push(delivery);
      if (faults.lose?.(index) === true) return;
      const go = async () => {
        if (faults.delayMs !== undefined) await setTimeout(faults.delayMs);
        await send(delivery, speaks);
        if (faults.repeat?.(index) === true) await send(delivery, speaks);
      };
      const before = takeHeld();
      if (before === null && faults.reorder?.(index) === true) held = go;
      else void track(go().then(() => before?.()));
    },
    notify(webhook, event, payload) {
      const delivery = newDelivery(webhook, { event, payload });
      deliveries.push(delivery);
      void track(send(delivery, speaks));
    },
    send: (delivery, headers) => track(send(delivery, speaks, headers)),
    async settled() {
      const last = takeHeld();
      if (last !== null) await track(last());
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

export function newDelivery(webhook: Webhook, { event, payload }: { event: string; payload: string }): SentDelivery {
  return { id: randomUUID(), event, payload, webhook, sentAtMs: Date.now(), status: null, answer: '' };
}

function truncated(payload: string): string {
  const push: Readonly<Record<string, unknown>> = JSON.parse(payload);
  const { commits } = push;
  return JSON.stringify({ ...push, commits: Array.isArray(commits) ? commits.slice(-1) : commits });
}

async function send(
  delivery: SentDelivery,
  speaks: Speaks,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { webhook, payload } = delivery;
  const isForm = webhook.contentType === 'form';
  const body = isForm ? new URLSearchParams({ payload }).toString() : payload;
  try {
    const answer = await fetch(webhook.url, {
      method: 'POST',
      body,
      headers: {
        'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
        ...(speaks === 'github' ? githubHeaders(delivery, body) : gitlabHeaders(delivery)),
        ...headers,
      },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    delivery.answer = await answer.text();
    delivery.status = answer.status;
  } catch {
    delivery.answer = 'no response';
  }
}

function githubHeaders({ event, id, webhook }: SentDelivery, body: string): Readonly<Record<string, string>> {
  return {
    'user-agent': 'GitHub-Hookshot/test',
    'x-github-event': event,
    'x-github-delivery': id,
    'x-github-hook-id': String(webhook.id),
    'x-github-hook-installation-target-type': 'repository',
    ...signaturesOf(body, webhook.secret),
  };
}

/** With the plain token, which every version sends. */
function gitlabHeaders({ event, id, webhook }: SentDelivery): Readonly<Record<string, string>> {
  return {
    'user-agent': 'GitLab/19.0.0',
    'x-gitlab-event': event,
    'idempotency-key': id,
    'webhook-id': id,
    'x-gitlab-token': webhook.secret,
  };
}

/** Empty without a secret. */
function signaturesOf(body: string, secret: string): Readonly<Record<string, string>> {
  if (secret === '') return {};
  const hmac = (algorithm: string) => `${algorithm}=${createHmac(algorithm, secret).update(body).digest('hex')}`;
  return { 'x-hub-signature': hmac('sha1'), 'x-hub-signature-256': hmac('sha256') };
}
