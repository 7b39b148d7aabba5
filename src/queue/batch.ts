import * as z from 'zod/mini';
import { asDeployError } from '../error/deploy-error.ts';
import type { Log } from '../deploy/ports/log.ts';
import { VISIBILITY_SECONDS, startHeartbeat } from './heartbeat.ts';
import type { Heartbeat } from './heartbeat.ts';
import { inSlots } from './in-slots.ts';
import { receiptsOf } from './inbox.ts';
import type { Message, Removal, Visibility } from './inbox.ts';
import { serversOfMessages } from './slots.ts';
import type { NeedsServers, Slots } from './slots.ts';
import { workOnGroup } from './work.ts';
import type { Work } from './work.ts';

/** The event that Lambda passes for a queue: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
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

interface BatchMessage extends Message {
  readonly id: string;
}

/** The messages to deliver again. Lambda deletes all others. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export interface BatchOptions<T extends { readonly target: string }> extends Work<T>, NeedsServers<T> {
  readonly queue: Visibility;
  /**
   * Removes the messages of a group that is done while others run: Lambda would remove them after the whole batch, and a newer
   * request of the group waits for that. Null: nothing waits behind a message, as in a standard queue.
   */
  readonly remove: Removal['remove'] | null;
  /** How many groups are handled at once. */
  readonly slots: Slots;
  /** Default: a minute. */
  readonly longestPauseSeconds?: number;
  readonly log: Log;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

/**
 * On Lambda nothing can cut a pause short, and a newer request of the target is queued behind it, so no pause of a run is
 * longer than a minute (docs/decisions/0006). Interrupted messages are delivered again once this invocation has ended: its environment
 * holds the target's lease and can resume, and another one would have to wait for the lease.
 */
const PAUSES = { atOnceSeconds: 1, longestSeconds: 60 };

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

/** Handles one batch: groups concurrently, as slots allow, one run for all messages of a group. A message that fails does not reject it. */
export async function serveBatch<T extends { readonly target: string }>(
  { messages }: Batch,
  options: BatchOptions<T>,
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const heartbeat = startHeartbeat(receiptsOf(messages), { ...options, visibilitySeconds: VISIBILITY_SECONDS });
  const groups = [...Map.groupBy(messages, ({ group }) => group).values()];
  const failed: BatchMessage[] = [];
  let running = groups.length;
  const serversOf = (group: readonly BatchMessage[]) => serversOfMessages(group, options);
  await inSlots(groups, { ...options, serversOf }, async (group) => {
    const { done, givenBack } = await workOnGroup(group, workOf(options), { heartbeat, signal });
    running -= 1;
    if (running > 0) await removeDone(receiptsOf(done), options, heartbeat);
    for (const returned of givenBack) await heartbeat.giveBack(receiptsOf(returned.messages), returned.pauseSeconds);
    failed.push(...givenBack.flatMap((returned) => returned.messages));
  });
  await heartbeat.end();
  return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
}

function workOf<T extends { readonly target: string }>(options: BatchOptions<T>) {
  const { longestPauseSeconds = PAUSES.longestSeconds } = options;
  return { ...options, pauses: { ...PAUSES, longestSeconds: longestPauseSeconds } };
}

/** Messages that are not removed here stay hidden until Lambda removes them: if they reappeared, their run would be repeated. */
async function removeDone<T extends { readonly target: string }>(
  receipts: readonly string[],
  { remove, log }: BatchOptions<T>,
  heartbeat: Heartbeat,
): Promise<void> {
  if (remove === null || receipts.length === 0) return;
  try {
    await remove(receipts);
    heartbeat.release(receipts);
  } catch (thrown) {
    log({ level: 'warn', message: 'not-removed', errors: [asDeployError(thrown).problem] });
  }
}
