import type { DatabaseSync } from 'node:sqlite';
import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Checks } from '../../deploy/ports/check-request.ts';
import type { PlanQueue } from '../../deploy/ports/githost/plan-request.ts';
import type { Queue } from '../../deploy/ports/queue.ts';
import { writeBody } from '../../queue/messages/body.ts';
import type { Inbox, Recall } from '../../queue/inbox.ts';
import type { Outcomes, WriteQueue } from '../../queue/messages/write-request.ts';
import { channelGroup, GROUPING_MS, recordGroup } from '../../queue/groups.ts';
import type { NoticeQueue } from '../../queue/messages/notice.ts';
import { channelErrors } from './channel-errors.ts';
import type { ChannelErrors } from '../../channels/port.ts';
import { openDatabase } from './database.ts';
import { deadLetters } from './dead-letters.ts';
import type { DeadLetters } from './dead-letters.ts';
import { openInbox } from './inbox.ts';
import { lockDirectory } from './lock.ts';
import { wakeUps } from './wake-ups.ts';

/** The queues of a data directory, for `serve`. */
export interface LocalQueues {
  /** One group per target. */
  readonly deploy: Inbox & Queue & Recall;
  /** Deploy requests that failed too often. */
  readonly dead: Inbox;
  /** Each check is its own group, so that it does not wait for another check of its target. */
  readonly checks: Inbox & Checks;
  /** One group per pull request. */
  readonly plans: Inbox & PlanQueue;
  /** One group per branch that images are written to, and one per repository that outcomes are recorded in. */
  readonly writes: Inbox & WriteQueue & Outcomes;
  /** One group per channel. */
  readonly notices: Inbox & NoticeQueue;
  readonly channelErrors: ChannelErrors;
  readonly deadLetters: DeadLetters;
  /** How full each queue is. `oldestMs`: the age of its oldest message; null: it is empty. */
  contents(): readonly QueueContents[];
  close(): Promise<void>;
}

export interface QueueContents {
  readonly queue: string;
  readonly messages: number;
  readonly oldestMs: number | null;
}

export interface LocalQueuesOptions {
  readonly dataDirectory: string;
  readonly nowMs: () => number;
  readonly maxTries?: number;
  /** How long the first notice of a channel waits for others. Default: 30 s. */
  readonly groupingMs?: number;
}

const MAX_TRIES = 20;
/** The notices of one push that moves many targets. */
const NOTICES_TOGETHER = 100;
const WRITES_TOGETHER = 100;

/** @throws DeployError `usage` when another process uses the directory, or its database cannot be used */
export async function openLocalQueues(options: LocalQueuesOptions): Promise<LocalQueues> {
  const { dataDirectory, nowMs, maxTries = MAX_TRIES, groupingMs = GROUPING_MS } = options;
  const lock = lockDirectory(dataDirectory);
  const db = openOrRelease(dataDirectory, lock);
  const common = { db, nowMs, wakeUps: wakeUps() };
  const deploy = openInbox({ ...common, name: 'deploy', deadLetters: { afterTries: maxTries, inbox: 'dead' } });
  const dead = openInbox({ ...common, name: 'dead', deadLetters: null });
  const checks = openInbox({ ...common, name: 'check', deadLetters: null });
  const plans = openInbox({ ...common, name: 'plan', deadLetters: null });
  const writes = openInbox({ ...common, name: 'write', deadLetters: null, receivedTogether: WRITES_TOGETHER });
  const notices = openInbox({ ...common, name: 'channel', deadLetters: null, receivedTogether: NOTICES_TOGETHER });
  return {
    deploy: {
      ...deploy,
      send: (requests) =>
        deploy.send(requests.map((request) => ({ group: request.target, body: writeBody(request), afterMs: 0 }))),
    },
    dead,
    checks: {
      ...checks,
      send: (request, afterMs) => checks.send([{ group: randomUUID(), body: writeBody(request), afterMs }]),
    },
    plans: {
      ...plans,
      send: (requests, afterMs) =>
        plans.send(requests.map((request) => ({ group: request.target, body: writeBody(request), afterMs }))),
    },
    writes: {
      ...writes,
      send: (polls) =>
        writes.send(polls.map(({ group, afterMs }) => ({ group, body: writeBody({ target: group }), afterMs }))),
      // At once: what arrives during a push shares the next one.
      add: (outcomes) =>
        writes.send(
          outcomes.map((outcome) => {
            const group = recordGroup(outcome.repository);
            return { group, body: writeBody({ target: group, outcome }), afterMs: 0 };
          }),
        ),
    },
    notices: {
      ...notices,
      send: (sent, _signal, afterMs) =>
        notices.send(
          sent.map((notice) => ({
            group: channelGroup(notice.channel),
            body: writeBody(notice),
            afterMs: afterMs ?? groupingMs,
            joinsGroup: afterMs === undefined,
          })),
        ),
    },
    channelErrors: channelErrors(db, nowMs),
    deadLetters: deadLetters(db, nowMs),
    contents: () => contentsOf(db, nowMs()),
    async close() {
      db.close();
      lock.release();
    },
  } satisfies LocalQueues;
}

const NAMES = ['deploy', 'check', 'dead', 'plan', 'write', 'channel'] as const;
const Contents = z.array(z.object({ queue: z.string(), messages: z.number(), sent_at: z.number() }));

function contentsOf(db: DatabaseSync, nowMs: number): readonly QueueContents[] {
  const rows = db
    .prepare('SELECT queue, count(*) AS messages, min(sent_at) AS sent_at FROM messages GROUP BY queue')
    .all();
  const found = new Map(z.parse(Contents, rows).map((row) => [row.queue, row]));
  return NAMES.map((queue) => {
    const row = found.get(queue);
    if (row === undefined) return { queue, messages: 0, oldestMs: null };
    return { queue, messages: row.messages, oldestMs: Math.max(0, nowMs - row.sent_at) };
  });
}

function openOrRelease(dataDirectory: string, lock: { release(): void }): DatabaseSync {
  try {
    return openDatabase(dataDirectory);
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}
