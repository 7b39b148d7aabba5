import type { Repository } from '../../config/checked/config.ts';
import type { HookEvents } from '../../githost/port/setup.ts';

/** What the webhook of a repository has to send, by headgate.yml. */
export function wantedEvents({ pullRequests }: Repository): HookEvents {
  return { pullRequests: pullRequests.plan };
}
