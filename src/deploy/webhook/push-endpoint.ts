import type { Repository } from '../../config/checked/config.ts';
import { provenByHeader } from '../../githost/port/authentic.ts';
import { hostOf } from '../../githost/hosts.ts';
import type { AuthenticDelivery, Parsed, Push } from '../../githost/port/git-host.ts';
import type { DeployRequest } from '../ports/request.ts';
import { error, ignored, withoutTargets } from './answer.ts';
import type { DeliveryDecision } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import { match } from './match.ts';
import type { Reception } from './reception.ts';

/** `/webhooks/<repository>`: a push queues the targets that it may concern, and a pull request its plan. */
export async function pushEndpoint(repository: Repository): Promise<Endpoint> {
  const receiver = await hostOf(repository).loadReceiver();
  const { webhookHeader } = repository;
  const host = webhookHeader === null ? receiver : provenByHeader(receiver, webhookHeader);
  return {
    named: { repository: repository.name },
    owner: repository,
    deliveryIdOf: (headers) => host.deliveryIdOf(headers),
    hasProof: (headers) => host.hasProof(headers),
    authenticate: (delivery, proof) => host.authenticate(delivery, proof),
    async decide(delivery, reception, signal) {
      const parsed = host.parse(delivery);
      if (parsed.kind === 'not-understood') return withoutTargets(error(400, parsed.reason));
      if (!isOf(repository, parsed)) return withoutTargets(error(400, 'the delivery is for another repository'));
      if (parsed.kind === 'ignored') return withoutTargets(ignored(parsed.reason));
      if (parsed.kind !== 'pushes') {
        const { receiveHint } = await import('./receive-hint.ts');
        return receiveHint({ hint: parsed, delivery, repository }, reception, signal);
      }
      return queue({ pushes: parsed.pushes, delivery, repository }, reception, signal);
    },
  };
}

interface Pushed {
  readonly pushes: readonly Push[];
  readonly delivery: AuthenticDelivery;
  readonly repository: Repository;
}

async function queue(
  { pushes, delivery, repository }: Pushed,
  reception: Reception,
  signal: AbortSignal,
): Promise<DeliveryDecision> {
  const { targets, templates } = reception.config;
  const readers = {
    targets: targets.filter((target) => target.repository.name === repository.name),
    templates: templates.filter(({ settings }) => settings.repository.name === repository.name),
  };
  const trigger = { kind: 'delivery', id: delivery.id } as const;
  const at = new Date(reception.nowMs()).toISOString();
  const requests: DeployRequest[] = [];
  const reasons: string[] = [];
  for (const push of pushes) {
    const matched = match(push, readers);
    const { revision, rootTree, isForced } = push;
    const hint = { revision, rootTree, isForced };
    if (matched.kind === 'none') reasons.push(matched.reason);
    else requests.push(...matched.recipients.map((recipient) => ({ ...recipient, trigger, hint, at })));
  }
  if (requests.length === 0) return withoutTargets(ignored(firstOf(reasons)));
  await reception.queue.send(requests, signal);
  const names = requests.map(({ target }) => target);
  return { answer: { status: 202, body: { queued: names, delivery: delivery.id } }, targets: names };
}

function firstOf([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} (+${others.length} more)`;
}

/**
 * Anyone who holds one repository's secret could sign a payload that names another, so the payload must match. Names can be
 * transferred, so the configured id takes precedence.
 */
function isOf(
  { id, fullName }: Repository,
  { repository: named }: Exclude<Parsed, { kind: 'not-understood' }>,
): boolean {
  // An organization's ping, for instance, names no repository; it is ignored anyway.
  if (named === null) return true;
  return id === null ? named.fullName.toLowerCase() === fullName.toLowerCase() : named.id === id;
}
