import type { Answer, RequestHead, WebhookRequest } from '../../deploy/webhook/reception.ts';
import type { Settlement } from '../../queue/settlement.ts';
import type { PushedMessage } from '../../queue/pushed.ts';
import { hasKey } from './bearer.ts';

export interface TaskRoute {
  /** `/tasks/deploy` */
  readonly path: string;
  /** The keys that are accepted: two while one replaces the other. */
  readonly keys: () => Promise<readonly string[]>;
  readonly serve: (message: PushedMessage, closed: AbortSignal) => Promise<Answer>;
}

/** Messages have at most 256 KB (src/deploy/ports/check-request.ts), and a gateway may wrap nothing around them. */
const LIMIT_BYTES = 1_048_576;

/** A route of the HTTP server that only holders of a key may use. The order of its checks is part of the public interface. */
export function taskRoute({ path, keys, serve }: TaskRoute) {
  return {
    limitBytes: LIMIT_BYTES,
    isFor: (requested: string) => requested.split('?')[0] === path,
    async admit(head: RequestHead): Promise<Answer | null> {
      if (head.method !== 'POST') return { ...error(405, 'method not allowed: use POST'), headers: { allow: 'POST' } };
      if (!hasKey(head, await keys())) return error(401, 'the bearer key is missing or invalid');
      return Number(head.headers['content-length'] ?? 0) > LIMIT_BYTES ? tooLarge() : null;
    },
    async answer({ headers, body }: WebhookRequest, closed: AbortSignal): Promise<Answer> {
      if (body === 'too-large') return tooLarge();
      if (body === 'too-many') return again(1);
      return serve({ body: Buffer.from(body).toString(), tries: triesOf(headers) }, closed);
    },
  };
}

/** How often the message was pushed. Cloud Tasks counts the retries, from zero. */
function triesOf(headers: RequestHead['headers']): number | null {
  const attempt = headers['headgate-attempt'];
  const retries = headers['x-cloudtasks-taskretrycount'];
  if (attempt !== undefined && /^[1-9]\d{0,5}$/.test(attempt)) return Number(attempt);
  return retries !== undefined && /^\d{1,5}$/.test(retries) ? Number(retries) + 1 : null;
}

/** 2xx removes the message; the queue pushes it again after any other answer. */
export function answerOf(settlement: Settlement): Answer {
  switch (settlement.kind) {
    case 'done':
      return { status: 200, body: { status: 'done' } };
    case 'again':
      return again(settlement.afterSeconds);
    case 'unreadable':
      return error(400, 'the body is not a message of this queue');
    default:
      return settlement satisfies never;
  }
}

export function again(afterSeconds: number): Answer {
  const text = `not done: send it again in ${afterSeconds} s`;
  return { ...error(503, text), headers: { 'retry-after': String(afterSeconds) } };
}

export function error(status: number, text: string): Answer {
  return { status, body: { error: text } };
}

function tooLarge(): Answer {
  return error(413, `the body is larger than ${LIMIT_BYTES} bytes`);
}
