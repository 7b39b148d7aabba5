import type { ChannelErrors, Notice } from '../../channels/port.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import { readNotice } from '../../queue/messages/notice.ts';
import type { NoticeQueue } from '../../queue/messages/notice.ts';
import type { SlotLimits } from '../../queue/slots.ts';
import type { Handled } from '../../queue/work.ts';
import type { GroupWork } from './group-work.ts';
import type { ChannelSender, SentNotices } from '../channels/channel-sender.ts';

/** A message is one request, which mostly waits. */
const LIMITS: SlotLimits = { answering: 32, unproven: 32, silent: 32, perServer: 32 };

/** After a day, a message about a deploy is noise. */
export const GIVE_UP_MS = 24 * 3_600_000;
const AGAIN_MS = 30_000;

interface Noticing {
  readonly runtime: Pick<Runtime, 'log' | 'nowMs'> & { readonly sender: ChannelSender };
  readonly queue: NoticeQueue;
  /** Where `headgate status` finds what a channel refuses. Null: the log alone has it. */
  readonly errors: ChannelErrors | null;
}

/** Sends notices, those of one channel together. No run waits for any of it. */
export function noticeWork({ runtime, errors, queue }: Noticing): GroupWork<Notice> {
  return {
    limits: LIMITS,
    read: readNotice,
    serversOf: ({ channel }) => [`channel ${channel}`],
    async handler(notices, signal) {
      const sent = await runtime.sender.send(notices, signal);
      report(notices, sent, { runtime, errors });
      return settle(notices, sent, { runtime, queue, signal });
    },
  };
}

function report(
  notices: readonly Notice[],
  { refused, later }: SentNotices,
  { runtime: { log }, errors }: Pick<Noticing, 'runtime' | 'errors'>,
): void {
  const channel = notices[0]?.channel ?? '';
  const problem = later?.error.problem ?? refused.at(-1);
  if (problem === undefined) errors?.clear(channel);
  else errors?.set({ channel, message: problem.message, remedy: problem.remedy });
  if (refused.length > 0) log({ level: 'error', message: 'not-notified', channel, errors: distinct(refused) });
  if (later !== null)
    log({ level: 'warn', message: 'not-notified-yet', channel, waiting: later.notices.length, errors: [problem] });
}

/** What is sent is not sent again: the rest is queued, unless that is everything. */
async function settle(
  notices: readonly Notice[],
  { later }: SentNotices,
  { runtime, queue, signal }: Pick<Noticing, 'runtime' | 'queue'> & { readonly signal: AbortSignal },
): Promise<Handled> {
  if (later === null) return { kind: 'done' };
  const afterMs = later.error.retryAfterMs ?? null;
  const oldestMs = runtime.nowMs() - GIVE_UP_MS;
  const kept = later.notices.filter(({ at }) => Date.parse(at) > oldestMs);
  if (kept.length === notices.length) return { kind: 'retry', afterMs };
  const dropped = later.notices.length - kept.length;
  if (dropped > 0) {
    const { log } = runtime;
    log({
      level: 'error',
      message: 'not-notified',
      channel: notices[0]?.channel,
      dropped,
      errors: [later.error.problem],
    });
  }
  if (kept.length > 0) await queue.send(kept, signal, afterMs ?? AGAIN_MS);
  return { kind: 'done' };
}

/** The same error of many messages is one. */
function distinct(problems: SentNotices['refused']): SentNotices['refused'] {
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}
