import * as z from 'zod/mini';
import { asDeployError } from '../error/deploy-error.ts';
import { pauseSeconds } from './consumer.ts';
import type { Handled } from './consumer.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { HidingQueue, Heartbeat } from './heartbeat.ts';
import type { Log } from '../deploy/ports/log.ts';

/** What Lambda hands over of a queue: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
const Event = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      receiptHandle: z.string(),
      body: z.string(),
      attributes: z.object({
        ApproximateReceiveCount: z.string(),
        MessageGroupId: z.optional(z.string()),
      }),
      eventSourceARN: z.string(),
    }),
  ),
});

/** Messages that arrived together, all of one queue. */
export interface Batch {
  readonly queueArn: string;
  readonly messages: readonly BatchMessage[];
}

interface BatchMessage {
  readonly id: string;
  readonly receipt: string;
  readonly body: string;
  /** Of a standard queue each message is its own. */
  readonly group: string;
  readonly tries: number;
}

/** Which messages are to be handed out again. What is not in it is done, and Lambda deletes it. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** What the messages of one queue are, and what is done with them. */
export interface Work<T extends { readonly target: string }> {
  /** Null: the body is none of ours. */
  readonly read: (body: string) => T | null;
  readonly handler: (requests: readonly T[], signal: AbortSignal) => Promise<Handled>;
  /** Where nothing comes after this queue, what cannot be read is taken out. */
  readonly isLast: boolean;
}

export interface BatchOptions<T extends { readonly target: string }> extends Work<T> {
  readonly queue: HidingQueue;
  /** Groups that are worked on side by side. */
  readonly concurrency: number;
  readonly log: Log;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

/**
 * Nobody can cut a pause short here, and a newer request of the target stands behind the one that waits: so no pause is
 * longer than this (docs/decisions/0006).
 */
const LONGEST_PAUSE_SECONDS = 60;
/** The shortest: 0 would be taken as well, and one embedded queue loses messages over it. */
const AT_ONCE_SECONDS = 1;

export function readBatch(event: unknown): Batch {
  const { Records } = z.parse(Event, event);
  return {
    queueArn: Records[0]?.eventSourceARN ?? '',
    messages: Records.map(({ messageId, receiptHandle, body, attributes }) => ({
      id: messageId,
      receipt: receiptHandle,
      body,
      group: attributes.MessageGroupId ?? messageId,
      tries: Number(attributes.ApproximateReceiveCount),
    })),
  };
}

/** Works on one batch: groups side by side, one run for all messages of a group. Never rejects for one message's sake. */
export async function serveBatch<T extends { readonly target: string }>(
  { messages }: Batch,
  options: BatchOptions<T>,
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const hold = startHeartbeat(
    messages.map(({ receipt }) => receipt),
    options,
  );
  const waiting = [...Map.groupBy(messages, ({ group }) => group).values()];
  const failed: BatchMessage[] = [];
  const workers = Array.from({ length: Math.min(options.concurrency, waiting.length) }, async () => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
      failed.push(...(await serveGroup(group, { options, hold, signal })));
    }
  });
  await Promise.all(workers);
  await hold.end();
  return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
}

interface Serving<T extends { readonly target: string }> {
  readonly options: BatchOptions<T>;
  readonly hold: Heartbeat;
  readonly signal: AbortSignal;
}

/** The messages of this group that have to come again. */
async function serveGroup<T extends { readonly target: string }>(
  messages: readonly BatchMessage[],
  serving: Serving<T>,
): Promise<readonly BatchMessage[]> {
  const { options, hold } = serving;
  const read = messages.map((message) => ({ message, request: options.read(message.body) }));
  const poison = await takePoison(
    read.flatMap(({ message, request }) => (request === null ? [message] : [])),
    serving,
  );
  const ours = read.flatMap(({ message, request }) => (request === null ? [] : [{ message, request }]));
  const receipts = ours.map(({ message }) => message.receipt);
  if (ours.length === 0) return poison;
  const requests = ours.map(({ request }) => request);
  const handled = await handle(requests, receipts, serving);
  if (handled.kind === 'done') {
    hold.release(receipts);
    return poison;
  }
  const kept = ours.map(({ message }) => message);
  await giveBack(kept, pauseOf(handled, kept, options.random), hold);
  return [...poison, ...kept];
}

/** It fails until the queue moves it to its dead letters; the requests beside it do not wait for that. */
async function takePoison<T extends { readonly target: string }>(
  poison: readonly BatchMessage[],
  { options: { log, isLast }, hold }: Serving<T>,
): Promise<readonly BatchMessage[]> {
  for (const { body } of poison) log({ level: 'error', message: 'not-a-request', length: body.length });
  if (isLast) {
    hold.release(poison.map(({ receipt }) => receipt));
    return [];
  }
  await giveBack(poison, AT_ONCE_SECONDS, hold);
  return poison;
}

async function handle<T extends { readonly target: string }>(
  requests: readonly T[],
  receipts: readonly string[],
  { options, hold, signal }: Serving<T>,
): Promise<Handled> {
  const atOnce = { kind: 'retry', afterMs: 0 } as const;
  // No time is left: another invocation begins with it.
  if (signal.aborted) return atOnce;
  try {
    const handled = await options.handler(requests, AbortSignal.any([signal, hold.lost(receipts)]));
    // What was interrupted goes on in the next invocation.
    return handled.kind === 'retry' && signal.aborted ? atOnce : handled;
  } catch (thrown) {
    if (signal.aborted) return atOnce;
    const errors = [asDeployError(thrown).problem];
    options.log({ level: 'error', message: 'handler-failed', target: requests[0]?.target, errors });
    return { kind: 'retry', afterMs: null };
  }
}

function pauseOf(
  { afterMs }: Extract<Handled, { kind: 'retry' }>,
  messages: readonly BatchMessage[],
  random: () => number,
): number {
  const tries = Math.max(...messages.map((message) => message.tries));
  const seconds = afterMs === null ? pauseSeconds(tries, random()) : Math.ceil(afterMs / 1000);
  return Math.min(Math.max(seconds, AT_ONCE_SECONDS), LONGEST_PAUSE_SECONDS);
}

async function giveBack(messages: readonly BatchMessage[], seconds: number, hold: Heartbeat): Promise<void> {
  const receipts = messages.map(({ receipt }) => receipt);
  hold.release(receipts);
  await hold.hide(receipts, seconds);
}
