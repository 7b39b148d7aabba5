import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod/mini';
import { openForReading } from './database.ts';

/** A request that was given up, as listed by `headgate status`. */
export interface DeadLetter {
  readonly target: string;
  readonly delivery: string;
  readonly revision: string | null;
  /** RFC 3339 in UTC with milliseconds, so that it sorts as text. */
  readonly at: string;
}

/** Dead letters, kept until their target is deployed. */
export interface DeadLetters {
  add(deadLetter: DeadLetter): void;
  /** After a successful deploy of the target. */
  clear(target: string): void;
}

/** After two weeks people have seen a dead letter, or never will. */
const KEPT_MS = 14 * 24 * 3_600_000;

const Rows = z.array(
  z.object({ target: z.string(), delivery: z.string(), revision: z.nullable(z.string()), at: z.string() }),
);

export function deadLetters(db: DatabaseSync, nowMs: () => number): DeadLetters {
  const insert = db.prepare('INSERT INTO dead_letters (target, delivery, revision, at) VALUES (?, ?, ?, ?)');
  const removeOld = db.prepare('DELETE FROM dead_letters WHERE at <= ?');
  const remove = db.prepare('DELETE FROM dead_letters WHERE target = ?');
  return {
    add({ target, delivery, revision, at }) {
      insert.run(target, delivery, revision, at);
      removeOld.run(oldest(nowMs()));
    },
    clear: (target) => void remove.run(target),
  };
}

/** The dead letters of a data directory, oldest first. */
export function readDeadLetters(dataDirectory: string, nowMs: number): readonly DeadLetter[] {
  const db = openForReading(dataDirectory);
  if (db === null) return [];
  try {
    const rows = db.prepare('SELECT target, delivery, revision, at FROM dead_letters WHERE at > ? ORDER BY at, rowid');
    return z.parse(Rows, rows.all(oldest(nowMs)));
  } finally {
    db.close();
  }
}

function oldest(nowMs: number): string {
  return new Date(nowMs - KEPT_MS).toISOString();
}
