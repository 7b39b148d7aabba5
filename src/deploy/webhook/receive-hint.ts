import type { Repository } from '../../config/checked/config.ts';
import type { AuthenticDelivery, CommentHint, PullRequestHint, StatusHint } from '../../githost/port/git-host.ts';
import { ignored, withoutTargets } from './answer.ts';
import type { DeliveryDecision } from './answer.ts';
import { matchPullRequest } from './receive-pull-request.ts';
import type { Reception } from './reception.ts';

interface Hinted<T> {
  readonly hint: T;
  readonly delivery: AuthenticDelivery;
  readonly repository: Repository;
}

/** What is not a push. A push loads nothing of it. */
export async function receiveHint(
  { hint, ...sent }: Hinted<PullRequestHint | CommentHint | StatusHint>,
  reception: Reception,
  signal: AbortSignal,
): Promise<DeliveryDecision> {
  return hint.kind === 'status'
    ? wakePromotions({ ...sent, hint }, reception, signal)
    : queuePlan({ ...sent, hint }, reception, signal);
}

async function queuePlan(
  { hint, delivery, repository }: Hinted<PullRequestHint | CommentHint>,
  { plans, config, nowMs }: Reception,
  signal: AbortSignal,
): Promise<DeliveryDecision> {
  if (plans === undefined) return withoutTargets(ignored('pull requests are not planned here'));
  const matched = matchPullRequest(hint, repository, config);
  if (matched.kind === 'none') return withoutTargets(ignored(matched.reason));
  const { request } = matched;
  const trigger = { kind: 'delivery', id: delivery.id } as const;
  await plans.send([{ ...request, trigger, at: new Date(nowMs()).toISOString() }], 0, signal);
  return queued([request.target], delivery);
}

async function wakePromotions(
  { hint: { context }, delivery, repository }: Hinted<StatusHint>,
  { wakeByStatus }: Reception,
  signal: AbortSignal,
): Promise<DeliveryDecision> {
  const woken = (await wakeByStatus?.({ repository: repository.name, context }, signal)) ?? [];
  return woken.length === 0
    ? withoutTargets(ignored(`no promotion requires the status "${context.slice(0, 64)}"`))
    : queued(woken, delivery);
}

function queued(targets: readonly string[], { id }: AuthenticDelivery): DeliveryDecision {
  return { answer: { status: 202, body: { queued: targets, delivery: id } }, targets };
}
