import type { Config } from '../../../config/checked/config.ts';
import type { Notices } from '../../../channels/port.ts';
import type { Channel } from '../../ports/run-event.ts';

interface NoticePorts {
  readonly config: Pick<Config, 'channels'>;
  readonly notices: Notices;
  readonly nowMs: () => number;
}

/** Queues what the channels of a target want to know. They are sent from the queue, so a slow channel holds up no run. */
export function noticesChannel({ config: { channels }, notices, nowMs }: NoticePorts): Channel {
  return {
    name: 'notifications',
    isAwaited: false,
    async report(event, subject, signal) {
      // Most targets have none.
      if (subject.notify.length === 0) return;
      const { renderNotices } = await import('./render-notices.ts');
      const found = renderNotices(event, subject, { channels, at: new Date(nowMs()).toISOString() });
      if (found.length > 0) await notices.send(found, signal);
    },
  };
}
