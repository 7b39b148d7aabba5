import type { PlanQueue } from '../../../deploy/ports/githost/plan-request.ts';
import { writeBody } from '../../../queue/messages/body.ts';
import { channelGroup, GROUPING_MS, recordGroup } from '../../../queue/groups.ts';
import type { NoticeQueue } from '../../../queue/messages/notice.ts';
import type { Outcomes, WriteQueue } from '../../../queue/messages/write-request.ts';
import type { SignedQueue } from './signed-queue.ts';

/** What is done beside deploys, in one FIFO queue: a group for each pull request, branch, stage, repository and channel. */
export interface WorkQueue {
  readonly plans: PlanQueue;
  readonly writes: WriteQueue & Outcomes;
  readonly notices: NoticeQueue;
}

/**
 * SQS cannot delay a single message of a FIFO queue: the body has the time at which it is due, and a receiver hides it until
 * then.
 */
export function workQueue(queue: Pick<SignedQueue, 'sendAll'>, nowMs: () => number): WorkQueue {
  const messageOf = (group: string, content: object, afterMs: number) => {
    const due = afterMs > 0 ? { notBeforeMs: Math.round(nowMs() + afterMs) } : {};
    return { group, body: writeBody({ ...content, ...due }) };
  };
  return {
    plans: {
      send: (requests, afterMs, signal) =>
        queue.sendAll(
          requests.map((request) => messageOf(request.target, request, afterMs)),
          signal,
        ),
    },
    writes: {
      send: (polls, signal) =>
        queue.sendAll(
          polls.map(({ group, afterMs }) => messageOf(group, { target: group }, afterMs)),
          signal,
        ),
      add: (outcomes, signal) =>
        queue.sendAll(
          outcomes.map((outcome) => {
            const group = recordGroup(outcome.repository);
            return messageOf(group, { target: group, outcome }, 0);
          }),
          signal,
        ),
    },
    notices: {
      send: (notices, signal, afterMs = GROUPING_MS) =>
        queue.sendAll(
          notices.map((notice) => messageOf(channelGroup(notice.channel), notice, afterMs)),
          signal,
        ),
    },
  };
}
