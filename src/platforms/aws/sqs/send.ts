import type { DeployRequest } from '../../../deploy/ports/request.ts';
import { DeployError } from '../../../error/deploy-error.ts';
import { retry } from '../../../exchange/retry.ts';
import type { RetryPolicy } from '../../../exchange/retry.ts';

/** One message of a batch, in the words of the SQS API. */
export interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId: string;
  readonly MessageDeduplicationId: string;
}

export interface Sending {
  /** Random per request: doubles are harmless, and a redelivery must not be swallowed. */
  readonly randomId: () => string;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Sends ten at most, and says which of them were not taken and why. */
  readonly sendBatch: (entries: readonly Entry[], signal: AbortSignal) => Promise<Refused>;
}

export interface Refused {
  readonly ids: ReadonlySet<string>;
  readonly reason: string;
}

/** SQS takes this many entries in a batch, and 1 MiB of all of them together. */
export const BATCH = 10;
const BATCH_BYTES = 1_000_000;

/** One message per request, in the group of its target; what is not taken is sent again. @throws DeployError `queue-unreachable` */
export async function sendRequests(
  requests: readonly DeployRequest[],
  sending: Sending,
  signal: AbortSignal,
): Promise<void> {
  const entries = requests.map((request, index) => ({
    Id: String(index),
    MessageBody: bodyOf(request),
    MessageGroupId: request.target,
    MessageDeduplicationId: sending.randomId(),
  }));
  for (const batch of batchesOf(entries)) await sendEntries(batch, sending, signal);
}

/** In ASCII: SQS refuses some characters (U+FFFE), and a pushed tree chooses the names of directories. */
export function bodyOf(message: object): string {
  return JSON.stringify(message).replaceAll(/[^ -~]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function batchesOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const batches: Entry[][] = [];
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

const RETRIES: RetryPolicy<Refused> = {
  pausesMs: [200, 400],
  verdictOn: (outcome) => (outcome.kind === 'answered' && outcome.answer.ids.size === 0 ? 'final' : 'again'),
};

async function sendEntries(
  entries: readonly Entry[],
  { sendBatch, wait }: Sending,
  signal: AbortSignal,
): Promise<void> {
  let left = entries;
  const attempt = async () => {
    const refused = await sendBatch(left, signal);
    left = left.filter(({ Id }) => refused.ids.has(Id));
    return refused;
  };
  const { reason } = await retry(attempt, RETRIES, { wait, signal }).catch((cause: unknown) => {
    throw unreachable(cause);
  });
  if (left.length > 0) throw unreachable(new Error(`${left.length} messages were not taken: ${reason}`));
}

export function unreachable(cause: unknown, queue = 'the deploy queue'): DeployError {
  return new DeployError('queue-unreachable', {
    subject: queue,
    message: `it does not take messages: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: 'Nothing is lost: the sweep finds the push. Look at why the queue does not answer.',
    cause,
  });
}
