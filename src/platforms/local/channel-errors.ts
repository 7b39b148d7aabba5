import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod/mini';
import type { ChannelErrors } from '../../channels/port.ts';
import { openForReading } from './database.ts';

/** Why a channel takes no messages, as listed by `headgate status`. */
export interface ChannelError {
  readonly channel: string;
  readonly message: string;
  readonly remedy: string;
  /** RFC 3339. */
  readonly at: string;
}

const Rows = z.array(z.object({ channel: z.string(), message: z.string(), remedy: z.string(), at: z.string() }));

export function channelErrors(db: DatabaseSync, nowMs: () => number): ChannelErrors {
  const put = db.prepare('INSERT OR REPLACE INTO channel_errors (channel, message, remedy, at) VALUES (?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM channel_errors WHERE channel = ?');
  return {
    set: ({ channel, message, remedy }) => void put.run(channel, message, remedy, new Date(nowMs()).toISOString()),
    clear: (channel) => void remove.run(channel),
  };
}

/** The errors of a data directory; none if an older Headgate wrote it. */
export function readChannelErrors(dataDirectory: string): readonly ChannelError[] {
  const db = openForReading(dataDirectory);
  if (db === null) return [];
  try {
    const table = db.prepare("SELECT name FROM sqlite_master WHERE name = 'channel_errors'").get();
    if (table === undefined) return [];
    return z.parse(Rows, db.prepare('SELECT channel, message, remedy, at FROM channel_errors ORDER BY channel').all());
  } finally {
    db.close();
  }
}
