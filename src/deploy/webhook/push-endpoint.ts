import type { Repository } from '../../config/checked/config.ts';
import { provenByHeader } from '../../githost/port/authentic.ts';
import { hostOf } from '../../githost/hosts.ts';
import type {
  AuthenticDelivery,
  CommentHint,
  Parsed,
  PullRequestHint,
  Push,
  StatusHint,
} from '../../githost/port/git-host.ts';
import type { DeployRequest } from '../ports/request.ts';
import { error, ignored, withoutTargets } from './answer.ts';
import type { Decision } from './answer.ts';
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
      if (parsed.kind === 'status') return wake({ hint: parsed, delivery, repository }, reception, signal);
      if (parsed.kind !== 'pushes') return queuePlan({ hint: parsed, delivery, repository }, reception, signal);
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
): Promise<Decision> {
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

interface Hinted {
  readonly hint: PullRequestHint | CommentHint;
  readonly delivery: AuthenticDelivery;
  readonly repository: Repository;
}

/** A push loads nothing of it. */
async function queuePlan(
  { hint, delivery, repository }: Hinted,
  { plans, config, nowMs }: Reception,
  signal: AbortSignal,
): Promise<Decision> {
  if (plans === undefined) return withoutTargets(ignored('pull requests are not planned here'));
  const { matchPullRequest } = await import('./receive-pull-request.ts');
  const matched = matchPullRequest(hint, repository, config);
  if (matched.kind === 'none') return withoutTargets(ignored(matched.reason));
  const { request } = matched;
  const trigger = { kind: 'delivery', id: delivery.id } as const;
  await plans.send([{ ...request, trigger, at: new Date(nowMs()).toISOString() }], 0, signal);
  return {
    answer: { status: 202, body: { queued: [request.target], delivery: delivery.id } },
    targets: [request.target],
  };
}

async function wake(
  { hint: { context }, delivery, repository }: Omit<Hinted, 'hint'> & { readonly hint: StatusHint },
  { wakeByStatus }: Reception,
  signal: AbortSignal,
): Promise<Decision> {
  const queued = (await wakeByStatus?.({ repository: repository.name, context }, signal)) ?? [];
  if (queued.length === 0) return withoutTargets(ignored(`no promotion requires the status "${context.slice(0, 64)}"`));
  return { answer: { status: 202, body: { queued, delivery: delivery.id } }, targets: queued };
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
