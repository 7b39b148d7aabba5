import type { Notice, Notices } from '../../channels/port.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { ChannelSender } from './channel-sender.ts';

/** For a command: keeps notices until it has ended. */
export interface MemoryNotices extends Notices {
  take(): readonly Notice[];
}

export function memoryNotices(): MemoryNotices {
  const kept: Notice[] = [];
  return {
    async send(notices) {
      kept.push(...notices);
    },
    take: () => kept.splice(0),
  };
}

/** No person waits longer for a message to others. */
const LIMIT_MS = 15_000;

/** Sends the notices of a command, one message for each channel. A failure is only logged: the command has its own outcome. */
export async function sendNow(
  notices: MemoryNotices,
  { sender, log }: { readonly sender: ChannelSender; readonly log: Log },
): Promise<void> {
  const groups = [...Map.groupBy(notices.take(), ({ channel }) => channel)];
  const signal = AbortSignal.timeout(LIMIT_MS);
  await Promise.all(
    groups.map(async ([channel, of]) => {
      const { refused, later } = await sender.send(of, signal).catch(() => ({ refused: [], later: null }));
      const errors = [...refused, ...(later === null ? [] : [later.error.problem])];
      if (errors.length > 0) log({ level: 'warn', message: 'not-notified', channel, errors });
    }),
  );
}
