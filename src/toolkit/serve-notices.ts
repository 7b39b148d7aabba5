import type { Notice } from '../channels/port.ts';
import type { ServeMessage, Tasks } from '../app/http/tasks.ts';
import { wait } from '../app/wait.ts';
import { GIVE_UP_MS } from '../app/work/notice-work.ts';
import { readNotice } from '../queue/messages/notice.ts';
import { servePushed } from '../queue/pushed.ts';
import type { PushedOptions } from '../queue/pushed.ts';
import { openTurns } from '../queue/turns.ts';

/** A message is one request, which mostly waits. */
const LIMITS = { answering: 32, unproven: 32, silent: 32, perServer: 1 };

/** Sends one notice to its channel. */
export function serveNotices({ runtime, log, stopping }: Tasks): ServeMessage {
  const { sender, nowMs } = runtime;
  const options: PushedOptions<Notice> = {
    read: readNotice,
    keepUnreadable: null,
    turns: openTurns({ limits: LIMITS, conditionOf: () => 'answering' }, wait),
    groupOf: ({ channel }) => channel,
    serversOf: ({ channel }) => [`channel ${channel}`],
    sinceMs: ({ at }) => Date.parse(at),
    nowMs,
    log,
    random: Math.random,
    async handler(notices, signal) {
      const { refused, later } = await sender.send(
        notices.map(({ tries: _tries, ...notice }) => notice),
        signal,
      );
      const isOld = later?.notices.every(({ at }) => Date.parse(at) < nowMs() - GIVE_UP_MS) ?? false;
      const errors = [...refused, ...(later === null ? [] : [later.error.problem])];
      const level = later === null || isOld ? 'error' : 'warn';
      if (errors.length > 0) log({ level, message: 'not-notified', channel: notices[0]?.channel, errors });
      return later === null || isOld ? { kind: 'done' } : { kind: 'retry', afterMs: later.error.retryAfterMs ?? null };
    },
  };
  return (message, closed) => servePushed(message, options, { closed, stopping });
}
