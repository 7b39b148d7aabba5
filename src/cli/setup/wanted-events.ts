import type { Config, Repository } from '../../config/checked/config.ts';
import type { HookEvents } from '../../githost/port/setup.ts';

/** What the webhook of a repository has to send, by headgate.yml. */
export function wantedEvents({ name, pullRequests }: Repository, { previews }: Pick<Config, 'previews'>): HookEvents {
  return { pullRequests: pullRequests.plan || previews.some(({ settings }) => settings.repository.name === name) };
}
