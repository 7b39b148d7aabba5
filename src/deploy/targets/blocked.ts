import type { Config, Target } from '../../config/checked/config.ts';
import { expand } from '../../config/templates/expand.ts';
import type { Lifted } from '../../plan/planner/lifted.ts';
import type { BlockedTarget, Cluster } from '../ports/cluster.ts';
import type { Recipient, Trigger } from '../ports/request.ts';
import type { Runtime } from '../ports/runtime.ts';
import { recipientOf, recipientOfTemplate } from './recipient.ts';

interface Lifting {
  readonly target: Target;
  readonly trigger: Trigger;
  /** The targets whose runs led to this one, and this one: each is in a chain once, so that it ends. */
  readonly chain: readonly string[];
  readonly lifted: Lifted;
  readonly cluster: Cluster;
}

/** Queues the targets on the same cluster that were refused for a reason that this run may have removed. */
export async function wakeBlocked(
  { target, trigger, chain, lifted, cluster }: Lifting,
  { config, requests, nowMs }: Pick<Runtime, 'config' | 'requests' | 'nowMs'>,
  signal: AbortSignal,
): Promise<void> {
  const onCluster = onSameCluster(target, config);
  if (onCluster.targets.length + onCluster.templates.length === 0) return;
  const blocked = await cluster.blockedTargets(lifted, signal);
  const recipients = new Map(
    [
      ...blocked.flatMap((each) => recipientOfBlocked(each, onCluster)),
      ...recipientsIn(lifted.namespaces, onCluster),
    ].map((recipient) => [recipient.target, recipient]),
  );
  const woken = [...recipients.values()].filter((recipient) => !chain.includes(recipient.target));
  if (woken.length === 0) return;
  const at = new Date(nowMs()).toISOString();
  await requests.send(
    woken.map((recipient) => ({ ...recipient, trigger, hint: null, at, wokenBy: chain })),
    signal,
  );
}

type Others = Pick<Config, 'targets' | 'templates'>;

function onSameCluster({ name, cluster }: Target, { targets, templates }: Config): Others {
  return {
    targets: targets.filter((other) => !other.suspend && other.name !== name && other.cluster.name === cluster.name),
    templates: templates.filter(
      ({ settings, forEach }) => !settings.suspend && forEach.clusters.some((each) => each.name === cluster.name),
    ),
  };
}

function recipientOfBlocked(
  { name, namespace, repository, directory }: BlockedTarget,
  others: Others,
): readonly Recipient[] {
  const candidates =
    directory === null
      ? others.targets
      : others.templates
          .filter(({ settings }) => settings.repository.name === repository)
          .map((template) => expand(template, directory, others))
          .flatMap((expanded) => (expanded?.kind === 'target' ? [expanded.target] : []));
  return candidates
    .filter((other) => other.name === name && other.namespace === namespace)
    .map((other) => recipientOf(other));
}

/** The targets whose state is in these namespaces. */
function recipientsIn(namespaces: readonly string[], { targets, templates }: Others): readonly Recipient[] {
  return [
    ...targets.filter(({ namespace }) => namespaces.includes(namespace)).map((other) => recipientOf(other)),
    ...templates
      .filter(({ forEach }) => forEach.namespaces.some((namespace) => namespaces.includes(namespace)))
      .map((template) => recipientOfTemplate(template)),
  ];
}
