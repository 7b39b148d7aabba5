import { writeGroups } from '../../images/update/write-group.ts';
import type { WriteGroup } from '../../images/update/write-group.ts';
import { stepGroups } from '../../promotion/run/step-groups.ts';
import type { StepGroup } from '../../promotion/run/step-groups.ts';
import { asDeployError, needsPerson } from '../../error/deploy-error.ts';
import { consume } from '../../queue/consumer.ts';
import type { Consumer, QueueOptions } from '../../queue/consumer.ts';
import type { SlotLimits } from '../../queue/slots.ts';
import { readWrite } from '../../queue/write-message.ts';
import type { Outcome, WriteRequest } from '../../queue/write-message.ts';
import type { Handled } from '../../queue/work.ts';
import type { Repository } from '../../config/checked/config.ts';
import type { Updates } from '../images/open-updates.ts';
import type { Promotions } from '../promotions/open-promotions.ts';
import type { LocalRuntime } from './local-runtime.ts';
import { gitServerOf } from '../git-server.ts';

/** Each holds the files of a branch that name an image. */
const LIMITS: SlotLimits = { answering: 4, unproven: 4, silent: 16, perServer: 4 };

/**
 * Writes images, promotions and the outcomes of runs until it is stopped: one commit for each branch or stage, however many
 * messages request it, and one push for all outcomes of a repository.
 */
export function consumeWrites({
  runtime,
  openUpdates,
  ...common
}: QueueOptions<WriteRequest> & {
  readonly runtime: LocalRuntime;
  /** Called for the first message. */
  readonly openUpdates: () => Promise<Updates>;
}): Consumer {
  const groups = new Map(writeGroups(runtime.config).map((group) => [group.name, group]));
  const steps = new Map(stepGroups(runtime.config).map((step) => [step.name, step]));
  let opened: Promise<Updates> | null = null;
  let promotions: Promise<Promotions> | null = null;
  return consume<WriteRequest>({
    ...common,
    read: readWrite,
    slots: { limits: LIMITS, conditionOf: runtime.servers.conditionOf },
    serversOf: ({ target, outcome }) => {
      const written = groups.get(target)?.repository ?? steps.get(target)?.step.to.repository;
      const repository = outcome === undefined ? written : recordedIn(outcome, runtime);
      return repository === undefined ? [] : [gitServerOf(repository)];
    },
    async handler(requests, signal) {
      const outcomes = requests.flatMap(({ outcome, tries }) => (outcome === undefined ? [] : [{ ...outcome, tries }]));
      const newest = outcomes.at(-1);
      if (newest !== undefined) return recordOrRetry(outcomes, { runtime, tries: newest.tries }, signal);
      const [request] = requests;
      const step = steps.get(request?.target ?? '');
      if (step !== undefined) {
        promotions ??= import('../promotions/open-promotions.ts').then(({ openPromotions }) => openPromotions(runtime));
        return promoteOrRetry(step, { promotions: await promotions, runtime, signal });
      }
      const group = groups.get(request?.target ?? '');
      // It was removed from headgate.yml.
      if (group === undefined) return { kind: 'done' };
      opened ??= openUpdates();
      return updateOrRetry(group, { updates: await opened, runtime, signal });
    },
  });
}

/** Undefined: it was removed from headgate.yml, or no longer records anything. */
function recordedIn({ repository }: Outcome, { config }: LocalRuntime): Repository | undefined {
  const found = config.repositories.get(repository);
  return found?.record === 'refs' ? found : undefined;
}

async function recordOrRetry(
  outcomes: readonly Outcome[],
  { runtime, tries }: { readonly runtime: LocalRuntime; readonly tries: number },
  signal: AbortSignal,
): Promise<Handled> {
  const [first] = outcomes;
  const repository = first === undefined ? undefined : recordedIn(first, runtime);
  if (repository === undefined) return DONE;
  const { writeOutcomes } = await import('../records/write-outcomes.ts');
  return writeOutcomes(outcomes, { repository, runtime, tries }, signal);
}

async function updateOrRetry(
  group: WriteGroup,
  {
    updates,
    runtime,
    signal,
  }: { readonly updates: Updates; readonly runtime: LocalRuntime; readonly signal: AbortSignal },
) {
  try {
    const { kind, failure } = await updates.update(group, signal);
    if (failure === null) return kind === 'overtaken' ? ({ kind: 'retry', afterMs: null } as const) : DONE;
    return needsPerson(failure.code) ? DONE : ({ kind: 'retry', afterMs: failure.retryAfterMs ?? null } as const);
  } catch (thrown) {
    const error = asDeployError(thrown);
    if (signal.aborted) throw error;
    const at = { repository: group.repository.name, branch: group.branch };
    runtime.log({ level: 'error', message: 'image-failed', ...at, errors: [error.problem] });
    // The next poll tries again what only a person can fix.
    return needsPerson(error.code) ? DONE : ({ kind: 'retry', afterMs: error.retryAfterMs ?? null } as const);
  }
}

async function promoteOrRetry(
  step: StepGroup,
  {
    promotions,
    runtime,
    signal,
  }: { readonly promotions: Promotions; readonly runtime: LocalRuntime; readonly signal: AbortSignal },
) {
  try {
    const { kind } = await promotions.promote(step, signal);
    return kind === 'overtaken' ? ({ kind: 'retry', afterMs: null } as const) : DONE;
  } catch (thrown) {
    const error = asDeployError(thrown);
    if (signal.aborted) throw error;
    const at = { promotion: step.promotion.name, stage: step.step.to.name };
    runtime.log({ level: 'error', message: 'promotion-failed', ...at, errors: [error.problem] });
    // The next sweep tries again what only a person can fix.
    return needsPerson(error.code) ? DONE : ({ kind: 'retry', afterMs: error.retryAfterMs ?? null } as const);
  }
}

const DONE = { kind: 'done' } as const;
