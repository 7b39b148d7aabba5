import { isLoopback } from '../../config/written/address.ts';
import type { AwsMessage, ChannelAnswer, ChannelRenderer, ChannelRequest, HttpMessage } from '../../channels/port.ts';
import { DeployError, reasonOf } from '../../error/deploy-error.ts';
import { exchange } from '../../exchange/exchange.ts';
import { retry, retryAfterMs } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import { refusal, unreachable } from './channel-error.ts';
import { DEADLINE_MS } from './channel-connection.ts';
import type { ChannelConnection } from './channel-connection.ts';

/** An answer is a few bytes, or one deployment. */
const BODY_LIMIT_BYTES = 256 * 1024;

/** `afterMs`: how long the service wants no further request; null: it does not say. */
interface Answer extends ChannelAnswer {
  readonly afterMs: number | null;
}

/**
 * Sends one message. A failure that may pass is tried again at once twice; after that, the queue repeats it.
 * @throws DeployError `channel-unreachable` when it may pass, `channel-refused` when only a person can fix it
 */
export async function deliver(
  request: ChannelRequest,
  connection: ChannelConnection,
  signal: AbortSignal,
): Promise<void> {
  if (request.kind === 'mail') {
    const { sendMail } = await import('./send-mail.ts');
    return sendMail(request, connection, signal);
  }
  for (let next: HttpMessage | AwsMessage | null = request; next !== null;) {
    const current: HttpMessage | AwsMessage = next;
    const { status, text, afterMs } = await retry(() => send(current, connection, signal), retries(connection), {
      wait: connection.wait,
      signal,
    }).catch((cause: unknown) => {
      if (signal.aborted || cause instanceof DeployError) throw cause;
      throw unreachable(connection, { reason: reasonOf(cause), afterMs: null });
    });
    const judged = judge({ status, text }, connection.renderer);
    if (judged === 'again') throw unreachable(connection, { reason: `status ${status}`, afterMs });
    if (judged === 'refused') throw refusal(connection, { status, text });
    next = current.kind === 'http' ? (current.next?.(text) ?? null) : null;
  }
}

async function send(
  request: HttpMessage | AwsMessage,
  { aws, deadlineMs = DEADLINE_MS, ...connection }: ChannelConnection,
  signal: AbortSignal,
): Promise<Answer> {
  if (request.kind === 'aws') {
    const { kind: _kind, ...call } = request;
    const { status, text } = await aws.call({ ...call, deadlineMs }, signal).catch((thrown: unknown) => {
      if (thrown instanceof DeployError && thrown.code === 'aws-unreachable')
        throw unreachable(connection, { reason: thrown.message, afterMs: null });
      throw thrown;
    });
    return { status, text, afterMs: null };
  }
  const { method, headers, body } = request;
  const options = { ca: null, deadlineMs, bodyLimitBytes: BODY_LIMIT_BYTES };
  const answer = await exchange({ method, url: addressOf(request, connection), headers, body }, options, signal);
  return { status: answer.status, text: answer.body.toString(), afterMs: retryAfterMs(answer.headers) };
}

/** A secret is never sent unencrypted, and the address itself may be one. */
function addressOf({ url }: HttpMessage, connection: Pick<ChannelConnection, 'channel' | 'to'>): URL {
  const address = URL.parse(url);
  if (address?.protocol === 'https:' || (address?.protocol === 'http:' && isLoopback(address.hostname))) return address;
  throw refusal(connection, { status: null, text: 'its address is not a valid https URL' });
}

function retries({ renderer }: ChannelConnection): RetryPolicy<Answer> {
  return {
    pausesMs: [500, 2_000],
    // The queue waits for longer.
    longestPauseMs: 5_000,
    verdictOn(outcome) {
      if (outcome.kind === 'failed') return outcome.cause instanceof DeployError ? 'final' : 'again';
      if (judge(outcome.answer, renderer) !== 'again') return 'final';
      const { afterMs } = outcome.answer;
      return afterMs === null ? 'again' : { afterMs };
    },
  };
}

function judge({ status, text }: ChannelAnswer, { judge: own }: ChannelRenderer): 'sent' | 'again' | 'refused' {
  if (status >= 200 && status < 300) return own?.({ status, text }) ?? 'sent';
  const isThrottled = status === 429 || status === 408 || status === 425 || /Throttl/.test(text);
  return isThrottled || status >= 500 ? 'again' : 'refused';
}
