import type { Log } from '../deploy/ports/log.ts';
import type { Settlement } from './settlement.ts';
import { notBeforeOf } from './messages/body.ts';
import type { NeedsServers } from './slots.ts';
import type { Turns } from './turns.ts';
import { backOffSeconds, workOnGroup } from './work.ts';
import type { Work } from './work.ts';

/** One message, pushed by a queue that waits for its settlement and pushes it again without one. */
export interface PushedMessage {
  readonly body: string;
  /** How often it was pushed, this time included; null: the queue does not report it. */
  readonly tries: number | null;
}

export interface PushedOptions<T extends { readonly target: string }> extends Work<T>, NeedsServers<T> {
  readonly turns: Turns;
  /** Messages of one group are not handled beside each other. */
  readonly groupOf: (request: T) => string;
  /** When the work of a message was requested: the tries are estimated from it if the queue does not report them. */
  readonly sinceMs: (request: T) => number;
  readonly nowMs: () => number;
  readonly log: Log;
  /** 0 ≤ random < 1; jitter for retries. */
  readonly random: () => number;
}

/** A newer message of the target does not wait behind the pause of this one. */
const PAUSES = { atOnceSeconds: 1, longestSeconds: 15 * 60 };

/**
 * Handles one pushed message as a consumer handles a group. `closed`: the queue no longer waits, so another process may have the
 * message. `stopping`: this process is ending.
 */
export async function servePushed<T extends { readonly target: string }>(
  { body, tries }: PushedMessage,
  options: PushedOptions<T>,
  { closed, stopping }: { readonly closed: AbortSignal; readonly stopping: AbortSignal },
): Promise<Settlement> {
  const { read, log, nowMs, turns } = options;
  const request = read(body);
  if (request === null) {
    log({ level: 'error', message: 'not-a-request', length: body.length });
    return { kind: 'unreadable' };
  }
  const earlySeconds = Math.ceil((notBeforeOf(body) - nowMs()) / 1000);
  if (earlySeconds > 0) return { kind: 'again', afterSeconds: earlySeconds };
  const group = options.groupOf(request);
  const known = tries ?? triesWithin(nowMs() - options.sinceMs(request));
  const message = { body, receipt: group, group, tries: known };
  const release = await turns.take({ group, servers: options.serversOf(request) }, AbortSignal.any([closed, stopping]));
  if (release === null) return { kind: 'again', afterSeconds: PAUSES.atOnceSeconds };
  try {
    const at = { heartbeat: { lost: () => closed }, signal: stopping };
    const { givenBack } = await workOnGroup([message], { ...options, pauses: PAUSES }, at);
    const [returned] = givenBack;
    return returned === undefined ? { kind: 'done' } : { kind: 'again', afterSeconds: returned.pauseSeconds };
  } finally {
    release();
  }
}

/**
 * How often a message of this age was pushed, if each push came right after the pause of the one before. Stops counting at the
 * longest pause: a message that only waited for hours has not failed for hours.
 */
export function triesWithin(ageMs: number): number {
  let tries = 1;
  for (let leftMs = ageMs; ; tries += 1) {
    leftMs -= backOffSeconds(tries, 0) * 1000;
    if (!(leftMs >= 0) || backOffSeconds(tries, 0) >= PAUSES.longestSeconds) return tries;
  }
}
