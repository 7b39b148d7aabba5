import { asDeployError } from '../../error/deploy-error.ts';
import { judge } from '../record/judge.ts';
import { gateOf } from '../stages/gate.ts';
import type { OpenStage } from '../stages/gate.ts';
import { stageFacts } from '../stages/stage-facts.ts';
import type { StageFacts } from '../stages/stage-facts.ts';
import type { Target } from '../../config/checked/config.ts';
import { nameOf } from './ports.ts';
import type { PromotionPorts, Step } from './ports.ts';
import { openOf, openReaders, readRecords, readTip } from './read-step.ts';
import type { StepContext, Tip } from './read-step.ts';
import { makeChange } from './stage-change.ts';
import type { StageSource, StageChange } from './stage-change.ts';
import { missingStatuses } from './statuses.ts';
import { writePromotion } from './write.ts';

/** The outcome of one look at a step. */
export type StepOutcome =
  | { readonly kind: 'promoted'; readonly revision: string }
  /** The stage has what those before it have. */
  | { readonly kind: 'current' }
  /** `untilMs`: when it may move if nothing but time passes; null: something else has to happen. */
  | { readonly kind: 'waits'; readonly reason: string; readonly untilMs: number | null }
  /** Another writer was faster each time. */
  | { readonly kind: 'overtaken' };

/** What one process remembers of a step. It saves requests, and nothing is lost with it. */
export interface StepMemory {
  /** `at`: the commits that were looked at. While they are the same, nothing can move, and `outcome` still holds. */
  settled: { readonly at: string; readonly outcome: StepOutcome } | null;
  /** Logged once. */
  reason: string | null;
}

export function emptyMemory(): StepMemory {
  return { settled: null, reason: null };
}

/** How often a race with another writer is lost before the message is given back to the queue. */
const ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 500;

/** Gives a stage what those before it have, if everything that is required is true now. Nothing waits. */
export async function promoteStep(
  step: Step,
  ports: PromotionPorts,
  { memory, signal }: { readonly memory: StepMemory; readonly signal: AbortSignal },
): Promise<StepOutcome> {
  const promoted = await promoteIfOpen(step, ports, { memory, signal });
  const reason = promoted.kind === 'waits' ? promoted.reason : null;
  if (reason !== null && reason !== memory.reason)
    ports.log({ level: 'info', message: 'promotion-waits', ...nameOf(step), reason });
  memory.reason = reason;
  return promoted;
}

async function promoteIfOpen(
  step: Step,
  ports: PromotionPorts,
  { memory, signal }: { readonly memory: StepMemory; readonly signal: AbortSignal },
): Promise<StepOutcome> {
  const { agree, targets } = step.step.from;
  const facts = await Promise.all(targets.map((target) => readFacts(target, ports, signal)));
  const gate = gateOf(step.promotion, { agree }, { facts, nowMs: ports.nowMs() });
  if (gate.kind === 'waits') return gate;
  const context = { ports, readers: await openReaders(step, ports), signal };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const tip = await readTip(step, context);
    const at = [
      tip.revision,
      tip.record,
      tip.head,
      ...gate.stages.map(({ stage, source }) => `${stage} ${source.revision}`),
    ].join();
    if (memory.settled?.at === at) return memory.settled.outcome;
    const { outcome, isSettled } = await tryStages(step, { stages: gate.stages, tip }, context);
    memory.settled = isSettled ? { at, outcome } : null;
    if (outcome.kind !== 'overtaken') return outcome;
    await ports.wait(Math.min(20 * 2 ** attempt, LONGEST_PAUSE_MS), signal);
  }
  return { kind: 'overtaken' };
}

/** A stage that cannot be read has nothing to promote; the next sweep tries again. */
export async function readFacts(
  target: Target,
  { readStage, nowMs }: Pick<PromotionPorts, 'readStage' | 'nowMs'>,
  signal: AbortSignal,
): Promise<StageFacts> {
  try {
    return stageFacts(target, await readStage(target, signal), nowMs());
  } catch (thrown) {
    signal.throwIfAborted();
    const why = `its state cannot be read: ${asDeployError(thrown).message}`;
    return { stage: target.name, deployed: { why }, held: null, heldUntilMs: null, waiting: null };
  }
}

interface Tried {
  readonly outcome: StepOutcome;
  /** It stays so until a commit or a deploy changes it. */
  readonly isSettled: boolean;
}

/** For `any`, the first of the stages whose versions may move. */
async function tryStages(
  step: Step,
  { stages, tip }: { readonly stages: readonly OpenStage[]; readonly tip: Tip },
  context: StepContext,
): Promise<Tried> {
  const { agree, targets } = step.step.from;
  const sources = stages.flatMap(({ stage, source }): readonly StageSource[] => {
    const target = targets.find(({ name }) => name === stage);
    return target === undefined ? [] : [{ target, revision: source.revision }];
  });
  const choices = agree === 'all' ? [sources] : sources.map((source) => [source]);
  const tried: Tried[] = [];
  for (const choice of choices) {
    const change = await makeChange(step, { sources: choice, tip }, context);
    const each = await tryOne(step, change, context);
    if (each.outcome.kind === 'promoted' || each.outcome.kind === 'overtaken') return each;
    tried.push(each);
  }
  const waiting = tried.find(({ outcome }) => outcome.kind === 'waits');
  return {
    outcome: waiting?.outcome ?? { kind: 'current' },
    isSettled: tried.every(({ isSettled }) => isSettled),
  };
}

/** What a change alone decides; null: it has edits, which may be judged. */
export function outcomeOf({
  edits,
  blockers,
  leftOut,
}: StageChange): Extract<StepOutcome, { kind: 'current' | 'waits' }> | null {
  const [blocker] = blockers;
  if (blocker !== undefined) return forEvent(`${blocker.key}: ${blocker.reason}`);
  if (edits.length > 0) return null;
  const [missing] = leftOut;
  return missing === undefined ? { kind: 'current' } : forEvent(`${missing.key}: ${missing.reason}`);
}

async function tryOne(step: Step, change: StageChange, context: StepContext): Promise<Tried> {
  const { edits } = change;
  const decided = outcomeOf(change);
  if (decided !== null) return settled(decided);
  const records = await readRecords(step, change.tip, context);
  const open = await openOf(step, records, context);
  const judged = judge(edits, { stage: step.step.to.name, records, open: open?.number ?? null });
  if (judged.kind === 'waits') return settled(forEvent(judged.reason));
  const reason = await missingStatuses(step.promotion, change.sources, context);
  if (reason !== null) return { outcome: forEvent(reason), isSettled: false };
  const promoter = { by: null, isHold: false };
  const written = await writePromotion(step, change, { promoter, context });
  switch (written.kind) {
    case 'written':
      return { outcome: { kind: 'promoted', revision: written.revision }, isSettled: false };
    case 'waits':
      return settled(forEvent(written.reason));
    case 'overtaken':
      return { outcome: written, isSettled: false };
    default:
      return written satisfies never;
  }
}

/** The versions wait for an event: no time is known at which they can move. */
function forEvent(reason: string): Extract<StepOutcome, { kind: 'waits' }> {
  return { kind: 'waits', reason, untilMs: null };
}

function settled(outcome: StepOutcome): Tried {
  return { outcome, isSettled: true };
}
