import { randomUUID } from 'node:crypto';
import type { Notices } from '../channels/port.ts';
import type { Outbox } from '../deploy/ports/outbox.ts';
import { writeBody } from '../queue/messages/body.ts';
import type { MessageQueue } from './message-queue.ts';

/** Where runs put later work, as messages of the queue. */
export function outboxOf(queue: MessageQueue, nowMs: () => number): Outbox & { readonly notices: Notices } {
  return {
    requests: {
      send: (requests, signal) =>
        queue.send(
          requests.map((request) => ({
            kind: 'deploy',
            group: request.target,
            afterMs: 0,
            body: writeBody(request),
          })),
          signal,
        ),
    },
    checks: {
      send: (check, afterMs, signal) => {
        const body = writeBody({ ...check, notBeforeMs: Math.round(nowMs() + afterMs) });
        return queue.send([{ kind: 'check', group: randomUUID(), afterMs, body }], signal);
      },
    },
    notices: {
      send: (notices, signal) =>
        queue.send(
          notices.map((notice) => ({
            kind: 'notice',
            group: `channel/${notice.channel}`,
            afterMs: 0,
            body: writeBody(notice),
          })),
          signal,
        ),
    },
  };
}
