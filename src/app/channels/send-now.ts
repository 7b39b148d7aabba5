import type { Notice, Notices } from '../../channels/port.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
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
  { sender, log, limitMs = LIMIT_MS }: { readonly sender: ChannelSender; readonly log: Log; readonly limitMs?: number },
): Promise<void> {
  const groups = [...Map.groupBy(notices.take(), ({ channel }) => channel)];
  const signal = AbortSignal.timeout(limitMs);
  await Promise.all(
    groups.map(async ([channel, of]) => {
      const errors = await sender.send(of, signal).then(
        ({ refused, later }) => [...refused, ...(later === null ? [] : [later.error.problem])],
        (thrown: unknown) => [signal.aborted ? tooSlow(channel, limitMs) : asDeployError(thrown).problem],
      );
      if (errors.length > 0) log({ level: 'warn', message: 'not-notified', channel, errors });
    }),
  );
}

function tooSlow(channel: string, limitMs: number): Problem {
  return {
    code: 'channel-unreachable',
    subject: `channel ${channel}`,
    message: `the service did not accept the message within ${limitMs / 1000} s`,
    remedy: `Check that Headgate can reach it: headgate notify test ${channel} sends a message.`,
  };
}
