import type { Log } from '../ports/log.ts';
import { deliveryOf } from '../ports/request.ts';
import type { Trigger } from '../ports/request.ts';
import type { Channel, EventSubject, Reporter } from '../ports/run-event.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Git } from '../ports/git.ts';
import type { Statuses } from '../ports/statuses.ts';
import { commitStatusChannel } from './channels/commit-status.ts';
import { kubernetesEventChannel } from './channels/kubernetes-event.ts';
import { logChannel } from './channels/log.ts';
import { reporter } from './reporter.ts';

/** What the channels of one target report to; null: not opened. */
interface Destinations {
  readonly cluster: Pick<Cluster, 'event' | 'usage'> | null;
  readonly git: Pick<Git, 'usage'> | null;
  readonly statuses: Statuses | null;
  readonly log: Log;
  /** Channels that do not belong to one target's cluster or repository. */
  readonly others: readonly Channel[];
}

/** The reporter of one target, or of what a template generates. */
export function openReporter(
  { trigger, ...about }: Omit<EventSubject, 'delivery'> & { readonly trigger: Trigger },
  destinations: Destinations,
): Reporter {
  const subject = { ...about, delivery: deliveryOf(trigger) };
  return reporter(openChannels(destinations), { subject, log: destinations.log });
}

/** What people wait for comes first, and the log last, so that its counts include what the others sent. */
function openChannels({ cluster, git, statuses, log, others }: Destinations): readonly Channel[] {
  const counters = { git: git?.usage ?? null, kubernetes: cluster?.usage ?? null, host: statuses?.usage ?? null };
  return [
    ...(statuses === null ? [] : [commitStatusChannel(statuses)]),
    ...(cluster === null ? [] : [kubernetesEventChannel(cluster)]),
    ...others,
    logChannel(log, counters),
  ];
}
