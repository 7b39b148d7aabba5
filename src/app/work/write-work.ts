import { writeGroups } from '../../images/update/write-group.ts';
import type { StepOutcome } from '../../promotion/run/promote-step.ts';
import { stepGroups } from '../../promotion/run/step-groups.ts';
import { pauseUntil } from '../../promotion/stages/pause.ts';
import type { Log } from '../../deploy/ports/log.ts';
import { asDeployError, needsPerson } from '../../error/deploy-error.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import type { SlotLimits } from '../../queue/slots.ts';
import { readWrite } from '../../queue/messages/write-request.ts';
import type { CommitOutcome, WriteRequest } from '../../queue/messages/write-request.ts';
import type { Handled } from '../../queue/work.ts';
import type { Repository } from '../../config/checked/config.ts';
import type { Updates } from '../images/open-updates.ts';
import type { Promotions } from '../promotions/open-promotions.ts';
import { gitServerName } from '../githost/server-name.ts';
import type { GroupWork } from './group-work.ts';
import { openUpdatesLate } from './open-updates-late.ts';
import type { WorkRuntime } from './work-runtime.ts';

/** Each group in work holds the files of a branch that name an image. */
const LIMITS: SlotLimits = { answering: 4, unproven: 4, silent: 16, perServer: 4 };

/**
 * Writes images, promotions and the outcomes of runs: one commit for each branch or stage, however many messages request
 * it, and one push for all outcomes of a repository.
 */
export function writeWork(runtime: WorkRuntime): GroupWork<WriteRequest> {
  const groups = new Map(writeGroups(runtime.config).map((group) => [group.name, group]));
  const steps = new Map(stepGroups(runtime.config).map((step) => [step.name, step]));
  const { log } = runtime;
  let opened: Promise<Updates> | null = null;
  let promotions: Promise<Promotions> | null = null;
  return {
    limits: LIMITS,
    read: readWrite,
    serversOf: ({ target, outcome }) => {
      const written = groups.get(target)?.repository ?? steps.get(target)?.step.to.repository;
      const repository = outcome === undefined ? written : recordedIn(outcome, runtime);
      return repository === undefined ? [] : [gitServerName(repository)];
    },
    async handler(requests, signal) {
      const outcomes = requests.flatMap(({ outcome, tries }) => (outcome === undefined ? [] : [{ ...outcome, tries }]));
      const newest = outcomes.at(-1);
      if (newest !== undefined) return recordOrRetry(outcomes, { runtime, tries: newest.tries }, signal);
      const [request] = requests;
      const step = steps.get(request?.target ?? '');
      if (step !== undefined) {
        promotions ??= import('../promotions/open-promotions.ts').then(({ openPromotions }) => openPromotions(runtime));
        const work = (await promotions).promote(step, signal);
        const at = { promotion: step.promotion.name, stage: step.step.to.name };
        const tries = Math.max(...requests.map((each) => each.tries));
        return orRetry(inTime(work, { nowMs: runtime.nowMs, tries }), {
          log,
          failed: { level: 'error', message: 'promotion-failed', ...at },
          signal,
        });
      }
      const group = groups.get(request?.target ?? '');
      // It was removed from headgate.yml.
      if (group === undefined) return DONE;
      opened ??= openUpdatesLate(runtime);
      const work = (await opened).update(group, signal);
      const at = { repository: group.repository.name, branch: group.branch };
      return orRetry(work, { log, failed: { level: 'error', message: 'image-failed', ...at }, signal });
    },
  };
}

/** Undefined: it was removed from headgate.yml, or no longer records anything. */
function recordedIn({ repository }: CommitOutcome, { config }: WorkRuntime): Repository | undefined {
  const found = config.repositories.get(repository);
  return found?.record === 'refs' ? found : undefined;
}

async function recordOrRetry(
  outcomes: readonly CommitOutcome[],
  { runtime, tries }: { readonly runtime: WorkRuntime; readonly tries: number },
  signal: AbortSignal,
): Promise<Handled> {
  const [first] = outcomes;
  const repository = first === undefined ? undefined : recordedIn(first, runtime);
  if (repository === undefined) return DONE;
  const { writeOutcomes } = await import('../records/write-outcomes.ts');
  return writeOutcomes(outcomes, { repository, runtime, tries }, signal);
}

/** A step that may move later keeps its message hidden in the group until then: no other message is sent. */
async function inTime(
  work: Promise<StepOutcome>,
  { nowMs, tries }: { readonly nowMs: () => number; readonly tries: number },
): Promise<{ readonly kind: string; readonly pauseMs: number | null }> {
  const promoted = await work;
  const untilMs = promoted.kind === 'waits' ? promoted.untilMs : null;
  return { kind: promoted.kind, pauseMs: pauseUntil(untilMs, { nowMs: nowMs(), tries }) };
}

/** What only a person can fix is tried again by the next poll or sweep. */
async function orRetry(
  work: Promise<{
    readonly kind: string;
    readonly failure?: DeployError | null;
    readonly pauseMs?: number | null;
  }>,
  { log, failed, signal }: { readonly log: Log; readonly failed: Parameters<Log>[0]; readonly signal: AbortSignal },
): Promise<Handled> {
  try {
    const { kind, failure = null, pauseMs = null } = await work;
    if (pauseMs !== null) return { kind: 'retry', afterMs: pauseMs };
    if (failure !== null) return retryUnlessFinal(failure);
    return kind === 'overtaken' ? { kind: 'retry', afterMs: null } : DONE;
  } catch (thrown) {
    const error = asDeployError(thrown);
    if (signal.aborted) throw error;
    log({ ...failed, errors: [error.problem] });
    return retryUnlessFinal(error);
  }
}

function retryUnlessFinal({ code, retryAfterMs }: DeployError): Handled {
  return needsPerson(code) ? DONE : { kind: 'retry', afterMs: retryAfterMs ?? null };
}

const DONE: Handled = { kind: 'done' };
