import type { Promotion, PromotionStep, Target } from '../../config/checked/config.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Edit, LeftOut } from '../carry/carried.ts';
import { judge } from '../record/judge.ts';
import { gateOf } from '../stages/gate.ts';
import { stageFacts } from '../stages/stage-facts.ts';
import type { StageFacts, WaitingCommit } from '../stages/stage-facts.ts';
import { readProposal, reasonOfProposal } from './open-proposal.ts';
import type { OpenProposal } from './open-proposal.ts';
import type { PromotionPorts, Step } from './ports.ts';
import { outcomeOf } from './promote-step.ts';
import { openReaders, readRecords, readTip } from './read-step.ts';
import type { StepContext, Tip } from './read-step.ts';
import { makeChange } from './stage-change.ts';
import type { StageSource, StageChange } from './stage-change.ts';
import { versionsAt } from './stage-versions.ts';
import { missingStatuses } from './statuses.ts';

/** A promotion as people see it: what each stage has, and what would move next. Nothing is written for it. */
export interface PromotionLook {
  readonly promotion: string;
  /** In the order in which versions move. */
  readonly stages: readonly StageLook[];
  readonly steps: readonly StepLook[];
}

/** What is deployed to a stage. */
export interface StageLook {
  readonly stage: string;
  /** Null: nothing was deployed, or its state cannot be read. */
  readonly revision: Revision | null;
  /** RFC 3339. */
  readonly deployedAt: string | null;
  /** RFC 3339; null: it is not ready. */
  readonly readySince: string | null;
  /** Why it has nothing to promote; null: it is ready. */
  readonly reason: string | null;
  /** `held by jo since …: reason`; null: it is not held. */
  readonly held: string | null;
  /** A commit that is not deployed yet, such as one whose plan waits for approval; null: there is none. */
  readonly waiting: WaitingCommit | null;
  readonly versions: readonly { readonly key: string; readonly version: string }[];
  /** Why something is missing. */
  readonly problem: Problem | null;
}

/** What would happen to one stage. */
export interface StepLook {
  readonly to: string;
  readonly from: readonly string[];
  /** Of several stages before: whether all of them have to agree. */
  readonly agree: 'all' | 'any';
  /** `moves`: `headgate serve` or the next `headgate sweep` writes the edits. */
  readonly outcome: 'current' | 'waits' | 'moves' | 'unreadable';
  /** Everything that it waits for. */
  readonly reasons: readonly string[];
  /** What would be written. */
  readonly edits: readonly Edit[];
  readonly leftOut: readonly LeftOut[];
  readonly problem: Problem | null;
}

/** What was read and stays true of its commits, so that a look that is repeated makes few requests. */
export interface LookMemory {
  readonly versions: Map<string, StageLook['versions']>;
  readonly steps: Map<string, { readonly at: string; readonly readMs: number; readonly judged: Judged }>;
}

export function emptyLooks(): LookMemory {
  return { versions: new Map(), steps: new Map() };
}

/** Commit statuses and pull requests change without a commit. Hosts count requests. */
const HOST_AGE_MS = 30_000;
/** How many versions are remembered: far more than the commits that the stages have in turn. */
const KEPT = 1_000;

interface Looking {
  readonly ports: PromotionPorts;
  readonly memory: LookMemory;
  readonly signal: AbortSignal;
}

/** What cannot be read hides nothing else. */
export async function lookAtPromotion(promotion: Promotion, looking: Looking): Promise<PromotionLook> {
  const stages = await Promise.all(stagesOf(promotion).map((target) => readStage(target, looking)));
  const looks = await Promise.all(stages.map((stage) => stageLook(promotion, stage, looking)));
  const steps = await Promise.all(promotion.steps.map((step) => stepLook({ promotion, step }, stages, looking)));
  return { promotion: promotion.name, stages: looks, steps };
}

/** Each stage once, those before it first. */
function stagesOf({ steps }: Promotion): readonly Target[] {
  const all = steps.flatMap(({ from, to }) => [...from.targets, to]);
  const found = new Map(all.map((target) => [target.name, target]));
  const isTo = new Set(steps.map(({ to }) => to.name));
  const first = [...found.values()].filter(({ name }) => !isTo.has(name));
  return [...first, ...steps.map(({ to }) => to)];
}

interface ReadStage {
  readonly target: Target;
  readonly revision: Revision | null;
  readonly deployedAt: string | null;
  readonly facts: StageFacts;
  readonly problem: Problem | null;
}

async function readStage(target: Target, { ports, signal }: Looking): Promise<ReadStage> {
  try {
    const read = await ports.readStage(target, signal);
    const { source, deployedAt } = read.state.applied;
    const facts = stageFacts(target, read, ports.nowMs());
    return { target, revision: source?.revision ?? null, deployedAt, facts, problem: null };
  } catch (thrown) {
    signal.throwIfAborted();
    const { problem } = asDeployError(thrown);
    const why = `its state cannot be read: ${problem.message}`;
    const facts = { stage: target.name, deployed: { why }, held: null, heldUntilMs: null, waiting: null };
    return { target, revision: null, deployedAt: null, facts, problem };
  }
}

async function stageLook(promotion: Promotion, stage: ReadStage, looking: Looking): Promise<StageLook> {
  const { target, revision, deployedAt, facts, problem } = stage;
  const { deployed, held, waiting } = facts;
  const [readySince, reason] =
    'why' in deployed ? [null, deployed.why] : [new Date(deployed.sinceMs).toISOString(), null];
  const look = { stage: target.name, revision, deployedAt, readySince, reason, held, waiting, versions: [], problem };
  if (revision === null) return look;
  try {
    return { ...look, versions: await versionsOf(promotion, { target, revision }, looking) };
  } catch (thrown) {
    looking.signal.throwIfAborted();
    return { ...look, problem: asDeployError(thrown).problem };
  }
}

async function versionsOf(
  { name, carry }: Promotion,
  { target, revision }: StageSource,
  { ports, memory, signal }: Looking,
): Promise<StageLook['versions']> {
  const key = `${name} ${target.name} ${revision}`;
  const known = memory.versions.get(key);
  if (known !== undefined) return known;
  const reader = await ports.openReader(target.repository);
  const { carried, leftOut } = await versionsAt({ target, revision, reader }, { carry, ports }, signal);
  const versions = [
    ...carried.map((each) => ({ key: each.key, version: each.version })),
    ...leftOut.map((each) => ({ key: each.key, version: each.reason })),
  ];
  memory.versions.set(key, versions);
  for (const old of [...memory.versions.keys()].slice(0, Math.max(0, memory.versions.size - KEPT)))
    memory.versions.delete(old);
  return versions;
}

async function stepLook(of: Step, stages: readonly ReadStage[], looking: Looking): Promise<StepLook> {
  const { from, to } = of.step;
  const names = from.targets.map(({ name }) => name);
  const look = { to: to.name, from: names, agree: from.agree, edits: [], leftOut: [], problem: null };
  const own = stages.filter(({ target }) => names.includes(target.name));
  const { ports, signal } = looking;
  const gate = gateOf(of.promotion, from, { facts: own.map(({ facts }) => facts), nowMs: ports.nowMs() });
  const waits = gate.kind === 'waits' ? [gate.reason] : [];
  const choices = choicesOf(of.step, own, gate.kind === 'open' ? gate.stages.map(({ stage }) => stage) : null);
  try {
    const judged = await judgeFirst(of, choices, looking);
    if (judged === null) return { ...look, outcome: 'waits', reasons: waits };
    const { edits, leftOut } = judged;
    const target = stages.find(({ target: { name } }) => name === to.name);
    const reasons = judged.isCurrent ? undeployed(target) : [...waits, ...judged.reasons];
    const isMoving = !judged.isCurrent && reasons.length === 0;
    const proposal = judged.proposal && reasonOfProposal(of, judged.proposal, { edits, isMoving });
    const all = [...reasons, ...(proposal === null ? [] : [proposal])];
    const outcome = all.length > 0 ? 'waits' : judged.isCurrent ? 'current' : 'moves';
    return { ...look, outcome, reasons: all, edits, leftOut };
  } catch (thrown) {
    signal.throwIfAborted();
    return { ...look, outcome: 'unreadable', reasons: waits, problem: asDeployError(thrown).problem };
  }
}

/** Why a stage does not run what its branch has. */
function undeployed(stage: ReadStage | undefined): readonly string[] {
  if (stage === undefined) return [];
  const { target, facts } = stage;
  const { waiting, deployed } = facts;
  if (waiting !== null) return [`${target.name}: ${waiting.revision.slice(0, 12)} ${waiting.reason}`];
  return 'why' in deployed ? [`${target.name}: ${deployed.why}`] : [];
}

/** What would be promoted together. A stage that is held, soaks or waits for a window shows what would move then. */
function choicesOf(
  { from: { agree, targets } }: PromotionStep,
  stages: readonly ReadStage[],
  open: readonly string[] | null,
): readonly (readonly StageSource[])[] {
  const ready = stages.flatMap(({ target, facts: { deployed } }): readonly StageSource[] =>
    'why' in deployed ? [] : [{ target, revision: deployed.source.revision }],
  );
  if (agree === 'all') return ready.length === targets.length ? [ready] : [];
  const inOrder = open === null ? ready : open.flatMap((name) => ready.filter(({ target }) => target.name === name));
  return inOrder.map((source) => [source]);
}

interface Judged {
  readonly isCurrent: boolean;
  readonly reasons: readonly string[];
  readonly edits: readonly Edit[];
  readonly leftOut: readonly LeftOut[];
  readonly proposal: OpenProposal | null;
}

/** For `any`, the first of the stages whose versions may move, as when they are promoted. */
async function judgeFirst(
  { promotion, step }: Step,
  choices: readonly (readonly StageSource[])[],
  { ports, memory, signal }: Looking,
): Promise<Judged | null> {
  if (choices.length === 0 && promotion.via !== 'pullRequest') return null;
  const context = { ports, readers: await openReaders({ promotion, step }, ports), signal };
  const tip = await readTip({ promotion, step }, context);
  const sources = choices.flat().map(({ target, revision }) => `${target.name} ${revision}`);
  const key = `${promotion.name} ${step.to.name}`;
  const at = [tip.revision, tip.record, tip.head, ...sources].join();
  const known = memory.steps.get(key);
  const isLasting = promotion.after.statuses.length === 0 && tip.head === null;
  const isKept = isLasting || ports.nowMs() - (known?.readMs ?? 0) < HOST_AGE_MS;
  if (known?.at === at && isKept) return known.judged;
  const proposal = await readProposal({ promotion, step }, tip, context);
  const all: Judged[] = [];
  for (const choice of choices) {
    all.push(await judgeOne({ promotion, step }, { sources: choice, tip, proposal }, context));
    if (all.at(-1)?.reasons.length === 0 && all.at(-1)?.isCurrent === false) break;
  }
  const moving = all.find(({ isCurrent, reasons }) => !isCurrent && reasons.length === 0);
  const judged = moving ?? all.find(({ isCurrent }) => !isCurrent) ?? all[0] ?? { ...NOTHING_READY, proposal };
  memory.steps.set(key, { at, readMs: ports.nowMs(), judged });
  return judged;
}

const NOTHING_READY = { isCurrent: false, reasons: [], edits: [], leftOut: [] } as const;

interface Judging {
  readonly sources: readonly StageSource[];
  readonly tip: Tip;
  readonly proposal: OpenProposal | null;
}

async function judgeOne(step: Step, { proposal, ...from }: Judging, context: StepContext): Promise<Judged> {
  const change = await makeChange(step, from, context);
  const { edits, leftOut } = change;
  const decided = outcomeOf(change);
  if (decided !== null)
    return { isCurrent: decided.kind === 'current', reasons: reasonOf(decided), edits: [], leftOut, proposal };
  const reasons = await reasonsOf(step, { change, open: proposal?.open?.number ?? null }, context);
  return { isCurrent: false, reasons, edits, leftOut, proposal };
}

async function reasonsOf(
  step: Step,
  { change: { edits, tip, sources }, open }: { readonly change: StageChange; readonly open: number | null },
  context: StepContext,
) {
  const records = await readRecords(step, tip, context);
  const judged = judge(edits, { stage: step.step.to.name, records, open });
  const status = await missingStatuses(step.promotion, sources, context);
  return [...reasonOf(judged), ...(status === null ? [] : [status])];
}

function reasonOf(decided: { readonly kind: string; readonly reason?: string }): readonly string[] {
  return decided.reason === undefined ? [] : [decided.reason];
}
