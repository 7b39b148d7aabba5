import type { Config, Repository } from '../../config/checked/config.ts';
import type { HookEvents } from '../../githost/port/setup.ts';

/** What the webhook of a repository has to send, by headgate.yml. */
export function wantedEvents(
  { name, pullRequests }: Repository,
  { previews, promotions }: Pick<Config, 'previews' | 'promotions'>,
): HookEvents {
  const isOf = ({ repository }: { readonly repository: Repository }) => repository.name === name;
  const awaiting = [...promotions.values()].filter(({ after }) => after.statuses.length > 0);
  return {
    pullRequests: pullRequests.plan || previews.some(({ settings }) => isOf(settings)),
    statuses: awaiting.some(({ steps }) => steps.some(({ from }) => from.targets.some((target) => isOf(target)))),
  };
}
