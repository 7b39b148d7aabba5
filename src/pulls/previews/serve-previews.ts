import type { PlanOfOne, PlanRequest, PreviewRequest } from '../../deploy/ports/githost/plan-request.ts';
import { deliveryOf } from '../../deploy/ports/request.ts';
import { asDeployError, needsPerson } from '../../error/deploy-error.ts';
import type { Served } from '../plan/serve-plans.ts';
import type { PreviewContext } from './context.ts';
import { runPreviews } from './run-previews.ts';

/** A preview that fails again and again stays as it was reported, until the next delivery or sweep. */
const MAX_TRIES = 6;

type Received = PlanRequest & { readonly tries: number };
type Wanted = (PlanOfOne | PreviewRequest) & { readonly tries: number };

/** Does the request concern previews? A command concerns the plan alone. */
export function concernsPreviews(request: Received): request is Wanted {
  return request.kind === 'preview' || (request.kind === 'plan' && request.comment === null);
}

/** Brings the previews of one pull request to what it is now. Everything is read again, so one run serves all requests. */
export async function servePreviews(
  requests: readonly Wanted[],
  context: PreviewContext,
  signal: AbortSignal,
): Promise<Served> {
  const newest = requests.at(-1);
  if (newest === undefined) return { kind: 'done' };
  const { log, config } = context.runtime;
  const line = { repository: newest.repository, delivery: deliveryOf(newest.trigger), pullRequest: newest.pullRequest };
  const previews = config.previews.filter(({ settings }) => settings.repository.name === newest.repository);
  const tries = Math.min(...requests.map((request) => request.tries));
  try {
    const { pullRequest: number, trigger, at } = newest;
    const resumes = requests.some((request) => request.kind === 'preview' && request.resumes);
    const run = { number, trigger, at, tries, resumes, isOfOne: false };
    const ended = await runPreviews(previews, run, { context, signal });
    for (const { result, of } of ended) {
      const level = result.kind === 'absent' && !result.isDeleted ? 'debug' : 'info';
      const outcome = result.kind === 'absent' ? result.why : result.kind;
      const errors = result.kind === 'refused' || result.kind === 'failed' ? { errors: [result.problem] } : {};
      log({ level, message: 'preview', ...line, target: of.target.name, outcome, ...errors });
    }
    const retry = ended.find((each) => each.retry !== null)?.retry ?? null;
    return retry === null || tries >= MAX_TRIES ? { kind: 'done' } : { kind: 'retry', afterMs: retry.afterMs };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const { problem, code, retryAfterMs } = asDeployError(thrown);
    log({ level: 'error', message: 'not-previewed', ...line, errors: [problem] });
    if (tries >= MAX_TRIES || needsPerson(code)) return { kind: 'done' };
    return { kind: 'retry', afterMs: retryAfterMs ?? null };
  }
}
