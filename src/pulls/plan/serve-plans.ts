import { asDeployError, needsPerson } from '../../error/deploy-error.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import type { PlanOfOne, PlanRequest, Refresh } from '../../deploy/ports/githost/plan-request.ts';
import { deliveryOf } from '../../deploy/ports/request.ts';
import type { PlanContext } from './context.ts';
import { planPullRequest } from './plan-pull-request.ts';
import { refreshPlans } from './refresh.ts';

/** What the queue does next. */
export type Served = { readonly kind: 'done' } | { readonly kind: 'retry'; readonly afterMs: number | null };

/** A plan that fails again and again stays as it was reported, until the next push or command. */
const MAX_TRIES = 6;

type Received = PlanRequest & { readonly tries: number };

/** Carries out the requests of one group that arrived together. Everything is read again, so the newest says all. */
export async function servePlans(
  requests: readonly Received[],
  context: PlanContext,
  signal: AbortSignal,
): Promise<Served> {
  const [first] = requests;
  if (first === undefined) return { kind: 'done' };
  const { log, nowMs } = context.runtime;
  const startMs = nowMs();
  const line = { repository: first.repository, delivery: deliveryOf(first.trigger), group: first.target };
  const isLast = Math.min(...requests.map(({ tries }) => tries)) >= MAX_TRIES;
  try {
    const result = await serve(requests, context, signal);
    log({ level: 'info', ...line, ...result.line, durationMs: nowMs() - startMs });
    return result.isPassing && !isLast ? { kind: 'retry', afterMs: null } : { kind: 'done' };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const error = asDeployError(thrown);
    log({ level: 'error', message: 'not-planned', ...line, errors: [error.problem], durationMs: nowMs() - startMs });
    return isLast || needsPerson(error.code) ? { kind: 'done' } : retryAfter(error);
  }
}

function retryAfter({ retryAfterMs }: DeployError): Served {
  return { kind: 'retry', afterMs: retryAfterMs ?? null };
}

interface Result {
  readonly line: { readonly message: string } & Readonly<Record<string, unknown>>;
  /** It may end otherwise when it is tried again. */
  readonly isPassing: boolean;
}

async function serve(requests: readonly Received[], context: PlanContext, signal: AbortSignal): Promise<Result> {
  const refreshes = requests.filter((request): request is Refresh & Received => request.kind === 'refresh');
  if (refreshes.length > 0) {
    const pullRequests = await refreshPlans(refreshes, context, signal);
    return { line: { message: 'refresh-plans', pullRequests }, isPassing: false };
  }
  const plans = requests.filter((request): request is PlanOfOne & Received => request.kind === 'plan');
  const outcome = await planPullRequest(plans, context, signal);
  const { pullRequest } = plans.at(-1) ?? {};
  switch (outcome.kind) {
    case 'ignored':
      return { line: { message: 'plan-ignored', pullRequest, reason: outcome.reason }, isPassing: false };
    case 'answered':
      return { line: { message: 'answered', pullRequest }, isPassing: false };
    case 'planned': {
      const { head, tip, plans: of, passing } = outcome;
      const errors = passing === null ? {} : { errors: [passing] };
      const targets = of.map(({ target }) => target);
      return { line: { message: 'planned', pullRequest, head, tip, targets, ...errors }, isPassing: passing !== null };
    }
    default:
      return outcome satisfies never;
  }
}
