import type { Checks } from '../../deploy/ports/check-request.ts';
import type { Queue } from '../../deploy/ports/queue.ts';
import { DeployError, reasonOf } from '../../error/deploy-error.ts';
import { exchange } from '../../exchange/exchange.ts';
import type { HttpAgents, HttpAnswer } from '../../exchange/exchange.ts';
import { inParallel } from '../../exchange/pool.ts';
import { retry } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import { writeBody } from '../../queue/messages/body.ts';

export interface TaskSenderOptions {
  /** Of the queue's gateway, without a slash at the end: messages go to `/deploy` and `/check` below it. */
  readonly url: string;
  readonly key: () => Promise<string>;
  readonly agents: HttpAgents;
  readonly randomId: () => string;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

interface TaskMessage {
  readonly kind: 'deploy' | 'check';
  readonly group: string;
  readonly afterMs: number;
  readonly content: object;
}

const SENDING_AT_ONCE = 16;

/** Together with its retries, less than the ten seconds that a Git host waits for the answer to its delivery. */
const DEADLINE_MS = 2_500;
const RETRIES: RetryPolicy<HttpAnswer> = {
  pausesMs: [100, 400],
  verdictOn: (outcome) => (outcome.kind === 'answered' && outcome.answer.status < 500 ? 'final' : 'again'),
};

/**
 * Sends messages to a queue in front of this host, which has stored one when it answers 2xx. The headers are those of a
 * CloudEvent in binary mode (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md),
 * and `ce-partitionkey` is the group. A duplicate is harmless.
 */
export function taskSender(options: TaskSenderOptions): { readonly requests: Queue; readonly checks: Checks } {
  return {
    requests: {
      async send(requests, signal) {
        await inParallel(requests, SENDING_AT_ONCE, (content) =>
          send({ kind: 'deploy', group: content.target, afterMs: 0, content }, options, signal),
        );
      },
    },
    checks: {
      send: (content, afterMs, signal) =>
        send({ kind: 'check', group: options.randomId(), afterMs, content }, options, signal),
    },
  };
}

async function send(message: TaskMessage, options: TaskSenderOptions, signal: AbortSignal): Promise<void> {
  const { url, agents, wait } = options;
  const { kind, afterMs, content } = message;
  const due = afterMs > 0 ? { notBeforeMs: Math.round(options.nowMs() + afterMs) } : {};
  const request = {
    method: 'POST',
    url: new URL(`${url}/${kind}`),
    headers: headersOf(message, { key: await options.key(), id: options.randomId() }),
    body: writeBody({ ...content, ...due }),
  };
  const limits = { agents, ca: null, deadlineMs: DEADLINE_MS, bodyLimitBytes: 65_536 };
  const sent = retry(() => exchange(request, limits, signal), RETRIES, { wait, signal });
  const { status } = await sent.catch((cause: unknown) => {
    throw unreachable(request.url, reasonOf(cause), cause);
  });
  if (status < 200 || status > 299) throw unreachable(request.url, `the queue returned status ${status}`);
}

function headersOf(
  { kind, group, afterMs }: TaskMessage,
  { key, id }: { readonly key: string; readonly id: string },
): Readonly<Record<string, string>> {
  return {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': '/headgate',
    'ce-type': `dev.headgate.${kind}`,
    // A target may be named after a directory, and a header is ASCII.
    'ce-partitionkey': encodeURIComponent(group),
    ...(afterMs > 0 ? { 'headgate-delay-seconds': String(Math.ceil(afterMs / 1000)) } : {}),
  };
}

function unreachable({ origin, pathname }: URL, reason: string, cause?: unknown): DeployError {
  return new DeployError('queue-unreachable', {
    subject: `${origin}${pathname}`,
    message: `cannot send a message: ${reason}`,
    remedy:
      'Check the address of --tasks-url, and that the queue accepts the key. No push is lost: the sweep finds it.',
    cause,
  });
}
