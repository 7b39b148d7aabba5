import * as z from 'zod/mini';
import type { Log } from '../deploy/outcome-log.ts';
import type { DeployRequest } from '../deploy/request.ts';
import { asDeployError } from '../error/deploy-error.ts';
import { pauseSeconds } from './consumer.ts';
import type { Handled } from './consumer.ts';
import { holdMessages } from './hold.ts';
import type { Hold } from './hold.ts';
import { readRequest } from './message.ts';
import type { SignedQueue } from './signed-queue.ts';

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

export interface BatchOptions {
  readonly queue: Pick<SignedQueue, 'hide'>;
  readonly handler: (requests: readonly DeployRequest[], signal: AbortSignal) => Promise<Handled>;
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
export async function serveBatch(
  { messages }: Batch,
  options: BatchOptions,
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const hold = holdMessages(
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

interface Serving {
  readonly options: BatchOptions;
  readonly hold: Hold;
  readonly signal: AbortSignal;
}

/** The messages of this group that have to come again. */
async function serveGroup(messages: readonly BatchMessage[], serving: Serving): Promise<readonly BatchMessage[]> {
  const { log } = serving.options;
  const read = messages.map((message) => ({ message, request: readRequest(message.body) }));
  const poison = read.flatMap(({ message, request }) => (request === null ? [message] : []));
  // It fails until the queue moves it to its dead letters; the requests beside it do not wait for that.
  for (const { body } of poison) log({ level: 'error', message: 'not-a-request', length: body.length });
  await giveBack(poison, AT_ONCE_SECONDS, serving);
  const ours = read.flatMap(({ message, request }) => (request === null ? [] : [{ message, request }]));
  const receipts = ours.map(({ message }) => message.receipt);
  if (ours.length === 0) return poison;
  const requests = ours.map(({ request }) => request);
  const handled = await handle(requests, receipts, serving);
  if (handled.kind === 'done') {
    serving.hold.release(receipts);
    return poison;
  }
  const kept = ours.map(({ message }) => message);
  await giveBack(kept, pauseOf(handled, kept, serving.options), serving);
  return [...poison, ...kept];
}

async function handle(
  requests: readonly DeployRequest[],
  receipts: readonly string[],
  { options, hold, signal }: Serving,
): Promise<Handled> {
  // No time is left: another invocation begins with it.
  if (signal.aborted) return { kind: 'retry', afterMs: 0 };
  try {
    return await options.handler(requests, AbortSignal.any([signal, hold.lost(receipts)]));
  } catch (thrown) {
    const errors = [asDeployError(thrown).problem];
    options.log({ level: 'error', message: 'handler-failed', target: requests[0]?.target, errors });
    return { kind: 'retry', afterMs: signal.aborted ? 0 : null };
  }
}

function pauseOf(
  { afterMs }: Extract<Handled, { kind: 'retry' }>,
  messages: readonly BatchMessage[],
  { random }: BatchOptions,
): number {
  const tries = Math.max(...messages.map((message) => message.tries));
  const seconds = afterMs === null ? pauseSeconds(tries, random()) : Math.ceil(afterMs / 1000);
  return Math.min(Math.max(seconds, AT_ONCE_SECONDS), LONGEST_PAUSE_SECONDS);
}

async function giveBack(messages: readonly BatchMessage[], seconds: number, { hold }: Serving): Promise<void> {
  const receipts = messages.map(({ receipt }) => receipt);
  hold.release(receipts);
  await hold.hide(receipts, seconds);
}
