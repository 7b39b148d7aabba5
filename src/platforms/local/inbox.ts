import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod/mini';
import { DeployError, reasonOf } from '../../error/deploy-error.ts';
import type { Inbox, Message, Recall, ReceiveOptions } from '../../queue/inbox.ts';
import { inDurableTransaction, inTransaction, primaryCodeOf } from './database.ts';
import type { WakeUps } from './wake-ups.ts';

export interface InboxOptions {
  readonly db: DatabaseSync;
  readonly name: string;
  /** The number of tries after which a message moves to another inbox. Null: no limit. */
  readonly deadLetters: { readonly afterTries: number; readonly inbox: string } | null;
  /** How many messages of one group are received together: one run serves all of them. Default: 10, as from SQS. */
  readonly receivedTogether?: number;
  readonly nowMs: () => number;
  /** Shared by all inboxes of a database, because messages move between them. */
  readonly wakeUps: WakeUps;
}

export interface LocalInbox extends Inbox, Recall {
  /** Sends all or none. Once it resolves, neither a crash nor a power failure loses a message. @throws DeployError `queue-unreachable` */
  send(messages: readonly Outgoing[]): Promise<void>;
}

interface Outgoing {
  readonly group: string;
  readonly body: string;
  /** The delay before it becomes visible. */
  readonly afterMs: number;
  /** Becomes visible with the messages of its group that wait already, so that the first one decides. Default: false. */
  readonly joinsGroup?: boolean;
}

const RECEIVED_TOGETHER = 10;

/** As long as SQS keeps them, so that a check of a cluster that no longer exists is not retried forever. */
const KEPT_MS = 14 * 24 * 3_600_000;

/**
 * As long as SQS hides a message. One that is hidden for longer was hidden before the clock was set back, and would hold up its
 * whole group.
 */
const HIDDEN_MS = 15 * 60_000;

/**
 * The pause before a group that may not be taken is offered again: that depends on servers, whose condition changes without an
 * event.
 */
const OFFERED_AGAIN_MS = 100;

const Groups = z.array(z.object({ grouped_by: z.string() }));
const FirstBody = z.object({ body: z.string() });
const Rows = z.array(z.object({ id: z.number(), body: z.string(), tries: z.number() }));
const Next = z.object({ at: z.nullable(z.number()) });

/**
 * A queue in SQLite, in this process. Messages are delivered in the order they were sent; a group is free when none of its
 * messages is hidden. Statements are synchronous, so methods do not interleave between awaits.
 */
export function openInbox({
  db,
  name,
  deadLetters,
  receivedTogether = RECEIVED_TOGETHER,
  nowMs,
  wakeUps,
}: InboxOptions): LocalInbox {
  const sql = prepare(db);
  const named = naming(name);

  function takeGroup(group: string, visibleAtMs: number): readonly Message[] {
    return z.parse(Rows, sql.selectFirst.all(name, group, receivedTogether)).flatMap(({ id, body, tries }) => {
      if (deadLetters !== null && tries >= deadLetters.afterTries) {
        sql.move.run(deadLetters.inbox, id);
        wakeUps.wake(deadLetters.inbox);
        return [];
      }
      sql.markReceived.run(visibleAtMs, id);
      return [{ body, group, tries: tries + 1, receipt: `${id}.${tries + 1}` }];
    });
  }

  function take({ groups, visibilitySeconds, mayTake = () => true }: ReceiveOptions): readonly Message[] {
    const free = z.parse(Groups, sql.selectGroups.all(name, nowMs() + HIDDEN_MS, nowMs()));
    const bodyOf = (group: string) => z.parse(FirstBody, sql.selectFirst.get(name, group, 1)).body;
    const taken: string[] = [];
    for (const { grouped_by: group } of free) {
      if (taken.length < groups && mayTake(group, () => bodyOf(group))) taken.push(group);
    }
    if (taken.length === 0) return [];
    const visibleAtMs = nowMs() + visibilitySeconds * 1000;
    return inTransaction(db, () => taken.flatMap((group) => takeGroup(group, visibleAtMs)));
  }

  return {
    send: named(async (messages: readonly Outgoing[]) => {
      const now = nowMs();
      inDurableTransaction(db, () => {
        for (const { group, body, afterMs, joinsGroup = false } of messages) {
          const row = [name, group, body, now, now + Math.ceil(afterMs)] as const;
          if (joinsGroup) sql.insertJoining.run(...row, name, group);
          else sql.insert.run(...row);
        }
        sql.removeOld.run(name, now - KEPT_MS);
      });
      wakeUps.wake(name);
    }),
    receive: named(async (options: ReceiveOptions, signal: AbortSignal) => {
      const untilMs = nowMs() + options.waitSeconds * 1000;
      for (;;) {
        signal.throwIfAborted();
        const messages = take(options);
        if (messages.length > 0) return messages;
        const { at } = z.parse(Next, sql.selectNext.get(nowMs() + HIDDEN_MS, name));
        if (nowMs() >= untilMs) return [];
        // A group that is free and was not taken is offered again soon.
        const leftMs = Math.min(untilMs - nowMs(), options.waitSeconds * 1000);
        const pauseMs = Math.min((at ?? untilMs) - nowMs(), leftMs);
        await wakeUps.next(name, pauseMs > 0 ? pauseMs : OFFERED_AGAIN_MS, signal);
      }
    }),
    hide: named(async (receipts: readonly string[], seconds: number) => {
      const now = nowMs();
      const isHeld = (receipt: string) =>
        sql.hide.run(now + seconds * 1000, name, ...partsOf(receipt), now).changes > 0;
      const lost = inTransaction(db, () => receipts.filter((receipt) => !isHeld(receipt)));
      wakeUps.wake(name);
      return new Set(lost);
    }),
    recall: named(async (receipts: readonly string[]) => {
      inTransaction(db, () => {
        for (const receipt of receipts) sql.recall.run(name, ...partsOf(receipt));
      });
      wakeUps.wake(name);
    }),
    remove: named(async (receipts: readonly string[]) => {
      inTransaction(db, () => {
        for (const receipt of receipts) sql.remove.run(name, ...partsOf(receipt));
      });
      wakeUps.wake(name);
    }),
  } satisfies LocalInbox;
}

function prepare(db: DatabaseSync) {
  return {
    insert: db.prepare('INSERT INTO messages (queue, grouped_by, body, sent_at, visible_at) VALUES (?, ?, ?, ?, ?)'),
    insertJoining: db.prepare(`
      INSERT INTO messages (queue, grouped_by, body, sent_at, visible_at)
      SELECT ?, ?, ?, ?, coalesce(max(visible_at), ?) FROM messages WHERE queue = ? AND grouped_by = ?`),
    selectGroups: db.prepare(`
      SELECT grouped_by FROM messages WHERE queue = ?
      GROUP BY grouped_by HAVING max(iif(visible_at > ?, 0, visible_at)) <= ? ORDER BY min(id)`),
    selectFirst: db.prepare(
      'SELECT id, body, tries FROM messages WHERE queue = ? AND grouped_by = ? ORDER BY id LIMIT ?',
    ),
    selectNext: db.prepare(`
      SELECT min(free_at) AS at
      FROM (SELECT max(iif(visible_at > ?, 0, visible_at)) AS free_at FROM messages WHERE queue = ? GROUP BY grouped_by)`),
    markReceived: db.prepare('UPDATE messages SET tries = tries + 1, visible_at = ? WHERE id = ?'),
    move: db.prepare('UPDATE messages SET queue = ?, tries = 0, visible_at = 0 WHERE id = ?'),
    hide: db.prepare('UPDATE messages SET visible_at = ? WHERE queue = ? AND id = ? AND tries = ? AND visible_at > ?'),
    recall: db.prepare(
      'UPDATE messages SET visible_at = 0, tries = tries - 1 WHERE queue = ? AND id = ? AND tries = ?',
    ),
    remove: db.prepare('DELETE FROM messages WHERE queue = ? AND id = ? AND tries = ?'),
    removeOld: db.prepare('DELETE FROM messages WHERE queue = ? AND sent_at <= ?'),
  };
}

/** Names the queue when SQLite fails. */
function naming(name: string) {
  return <Args extends readonly unknown[], T>(work: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      try {
        return await work(...args);
      } catch (cause) {
        if (primaryCodeOf(cause) === null) throw cause;
        throw new DeployError('queue-unreachable', {
          subject: `the ${name} queue`,
          message: `SQLite failed: ${reasonOf(cause)}`,
          remedy:
            'Check the free space and the permissions of the data directory. No push is lost: the sweep finds it.',
          cause,
        });
      }
    };
}

function partsOf(receipt: string): readonly [id: number, tries: number] {
  const [id = '', tries = ''] = receipt.split('.');
  return [Number(id), Number(tries)];
}
