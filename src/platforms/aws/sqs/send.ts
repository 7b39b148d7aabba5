import type { DeployRequest } from '../../../deploy/ports/request.ts';
import { DeployError, reasonOf } from '../../../error/deploy-error.ts';
import { retry } from '../../../exchange/retry.ts';
import type { RetryPolicy } from '../../../exchange/retry.ts';
import { writeBody } from '../../../queue/messages/body.ts';

/** One message of a batch, as the SQS API names its fields. */
export interface BatchEntry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId: string;
  readonly MessageDeduplicationId: string;
}

/** What is sent: a body in its group. */
export interface GroupedBody {
  readonly group: string;
  readonly body: string;
}

export interface SendOptions {
  /** Default: the deploy queue. */
  readonly named?: string | undefined;
  /** Random per request: duplicates are harmless, but a redelivery must not be dropped as one. */
  readonly randomId: () => string;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Sends at most ten. Resolves to the entries that SQS did not accept, and the reason. */
  readonly sendBatch: (entries: readonly BatchEntry[], signal: AbortSignal) => Promise<RefusedEntries>;
}

export interface RefusedEntries {
  readonly ids: ReadonlySet<string>;
  readonly reason: string;
}

/** The limits of SQS: ten entries and 1 MiB per batch. */
const BATCH = 10;
const BATCH_BYTES = 1_000_000;

/** Sends one message per request, in the group of its target. @throws DeployError `queue-unreachable` */
export function sendRequests(
  requests: readonly DeployRequest[],
  sending: SendOptions,
  signal: AbortSignal,
): Promise<void> {
  return sendAll(
    requests.map((request) => ({ group: groupOf(request), body: writeBody(request) })),
    sending,
    signal,
  );
}

/** Sends messages in their order, and retries those that were not accepted. @throws DeployError `queue-unreachable` */
export async function sendAll(
  messages: readonly GroupedBody[],
  sending: SendOptions,
  signal: AbortSignal,
): Promise<void> {
  const entries = messages.map(({ group, body }, index) => ({
    Id: String(index),
    MessageBody: body,
    MessageGroupId: group,
    MessageDeduplicationId: sending.randomId(),
  }));
  for (const batch of batchesOf(entries)) await sendEntries(batch, sending, signal);
}

/** Runs of a target that fail again and again do not hold up the report that one of its requests was given up. */
function groupOf({ target, gaveUp }: DeployRequest): string {
  return gaveUp === true ? `dead/${target}` : target;
}

function batchesOf(entries: readonly BatchEntry[]): readonly (readonly BatchEntry[])[] {
  const batches: BatchEntry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.MessageBody);
    const last = batches.at(-1);
    const isFull = last === undefined || last.length === BATCH || bytes + size > BATCH_BYTES;
    if (isFull) batches.push([entry]);
    else last.push(entry);
    bytes = isFull ? size : bytes + size;
  }
  return batches;
}

const RETRIES: RetryPolicy<RefusedEntries> = {
  pausesMs: [200, 400],
  verdictOn: (outcome) => (outcome.kind === 'answered' && outcome.answer.ids.size === 0 ? 'final' : 'again'),
};

async function sendEntries(
  entries: readonly BatchEntry[],
  { sendBatch, wait, named }: SendOptions,
  signal: AbortSignal,
): Promise<void> {
  let left = entries;
  const attempt = async () => {
    const refused = await sendBatch(left, signal);
    left = left.filter(({ Id }) => refused.ids.has(Id));
    return refused;
  };
  const { reason } = await retry(attempt, RETRIES, { wait, signal }).catch((cause: unknown) => {
    throw unreachable(cause, named);
  });
  if (left.length > 0) throw unreachable(new Error(`${left.length} messages were not accepted: ${reason}`), named);
}

export function unreachable(cause: unknown, queue = 'the deploy queue'): DeployError {
  return new DeployError('queue-unreachable', {
    subject: queue,
    message: `cannot send messages: ${reasonOf(cause)}`,
    remedy: 'Check that the queue exists and that the function may send to it. No push is lost: the sweep finds it.',
    cause,
  });
}
