import type { ChannelConfig } from '../../../config/checked/channel.ts';
import type { Config } from '../../../config/checked/config.ts';
import { matchName } from '../../../config/written/directory-glob.ts';
import type { Notice } from '../../../channels/port.ts';
import type { EventSubject, RunEvent } from '../../ports/run-event.ts';
import { isAtLeast, noticeId, noticeOf } from './notice.ts';
import type { Reported } from './notice.ts';

/** One for each channel of the target that reports the event. */
export function renderNotices(
  event: RunEvent,
  subject: EventSubject,
  { channels, at }: { readonly channels: Config['channels']; readonly at: string },
): readonly Notice[] {
  const own = subject.notify.map((name) => channels.get(name)).filter((channel) => channel !== undefined);
  const reported = own.length === 0 ? null : noticeOf(event);
  if (reported === null) return [];
  const { target, repository, delivery } = subject;
  const id = noticeId(reported, subject);
  return own
    .filter((channel) => isWanted(reported, target, channel))
    .map(({ name }) => ({ ...reported.text, id, channel: name, at, target, repository, delivery }));
}

/** An incident that a channel opened has to be closed, although good news are less severe. */
function isWanted({ events, text }: Reported, target: string, channel: ChannelConfig): boolean {
  const closesIncident = channel.kind === 'pagerduty' && text.resolves;
  return (
    channel.targets.some((pattern) => matchName(pattern, target) !== null) &&
    (closesIncident ||
      (events.some((event) => channel.events.includes(event)) && isAtLeast(text.severity, channel.severity)))
  );
}
