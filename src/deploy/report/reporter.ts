import { asDeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Log } from '../ports/log.ts';
import type { Channel, EventSubject, Reporter, RunEvent } from '../ports/run-event.ts';
import { graceSignal } from './grace-signal.ts';

/**
 * Reports events of one target on its channels, in order. An interrupted run still reports: a commit must not stay
 * pending.
 */
export function reporter(
  channels: readonly Channel[],
  { subject, log }: { readonly subject: EventSubject; readonly log: Log },
): Reporter {
  /** Null: reported, or not reported by this channel. */
  async function attempt(channel: Channel, event: RunEvent, signal: AbortSignal): Promise<Problem | null> {
    try {
      await channel.report(event, subject, graceSignal(signal));
      return null;
    } catch (thrown) {
      const { problem } = asDeployError(thrown);
      const { target, delivery } = subject;
      log({ level: 'warn', message: 'not-reported', target, delivery, channel: channel.name, errors: [problem] });
      return problem;
    }
  }

  return {
    async report(event, signal) {
      const undelivered: Problem[] = [];
      for (const channel of channels) {
        const problem = await attempt(channel, event, signal);
        if (problem !== null && channel.isAwaited) undelivered.push(problem);
      }
      return undelivered;
    },
    async deliver(event, signal) {
      for (const channel of channels) {
        if (channel.isAwaited) await channel.report(event, subject, graceSignal(signal));
        else await attempt(channel, event, signal);
      }
    },
  };
}
