import { isDeepStrictEqual } from 'node:util';
import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { OpenPullRequest } from '../../githost/port/pull-requests.ts';
import type { Revision } from '../../snapshot/source.ts';
import { decodeHistory } from '../../state/decode-history.ts';
import { hasSucceeded } from '../../state/history.ts';
import { lastReady } from '../../state/last-ready.ts';
import { isOlder, judge } from '../record/judge.ts';
import type { PromotionRecord } from '../record/record.ts';
import { gateOf } from '../stages/gate.ts';
import { stageFacts } from '../stages/stage-facts.ts';
import type { StageFacts } from '../stages/stage-facts.ts';
import type { PromotionPorts, StageState, Step } from './ports.ts';
import { openOf, openReaders, readRecords, readTip } from './read-step.ts';
import type { StepContext } from './read-step.ts';
import { makeChange } from './stage-change.ts';
import type { StageChange } from './stage-change.ts';
import { missingStatuses } from './statuses.ts';
import { writePromotion, writeRelease } from './write.ts';

/** What a person wants to move. */
export interface ByHand {
  readonly step: Step;
  /** One of the sources of the step. */
  readonly from: Target;
  /** A commit that was deployed to it; null: what it has now. */
  readonly revision: Revision | null;
  readonly isChosen: (image: string) => boolean;
}

/** What a promotion by hand would do. */
export interface PlannedPromotion {
  readonly revision: Revision;
  readonly change: StageChange;
  /** What automation would wait for. */
  readonly passedOver: readonly string[];
  /** It goes back, or is not what the stage before has now: automation writes nothing to the stage afterwards. */
  readonly isHold: boolean;
  /** Who set the hold of the stage, which ends with this promotion; null: there is none. */
  readonly held: string | null;
}

export type PromotedByHand =
  | { readonly kind: 'promoted'; readonly revision: Revision }
  /** A pull request waits for a person. */
  | { readonly kind: 'proposed'; readonly pullRequest: OpenPullRequest }
  /** The stage has it already, and automation may move it again. */
  | { readonly kind: 'released' }
  | { readonly kind: 'current' };

/** Decides everything, and writes nothing. @throws DeployError `nothing-ready` */
export async function planByHand(
  wanted: ByHand,
  ports: PromotionPorts,
  signal: AbortSignal,
): Promise<PlannedPromotion> {
  const { step, from } = wanted;
  const read = await ports.readStage(from, signal);
  const facts = stageFacts(from, read, ports.nowMs());
  const revision = revisionOf(wanted, read, facts);
  const context = { ports, readers: await openReaders(step, ports), signal };
  const change = await changeFrom(wanted, revision, context);
  const records = await readRecords(step, change.tip, context);
  const isHold = await holds(wanted, { change, facts, records }, context);
  return {
    revision,
    change,
    passedOver: await passedOver(wanted, { change, facts, records }, context),
    isHold,
    held: records[0]?.hold ?? null,
  };
}

/** Writes what was planned. @throws DeployError `ref-behind` when something else would be written now */
export async function carryOutByHand(
  { wanted, planned, by }: { readonly wanted: ByHand; readonly planned: PlannedPromotion; readonly by: string },
  ports: PromotionPorts,
  signal: AbortSignal,
): Promise<PromotedByHand> {
  const { step } = wanted;
  const { isHold, held } = planned;
  let { change } = planned;
  const context = { ports, readers: await openReaders(step, ports), signal };
  if (change.edits.length === 0) return endHold({ step, change, by, held }, context);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const written = await writePromotion(step, change, { promoter: { by, isHold }, context });
    if (written.kind !== 'overtaken' && written.pullRequest !== null)
      return { kind: 'proposed', pullRequest: written.pullRequest };
    if (written.kind === 'written') return { kind: 'promoted', revision: written.revision };
    if (written.kind === 'waits') throw notProposed(step, written.reason);
    change = await changeFrom(wanted, planned.revision, context);
    if (!isDeepStrictEqual(change.edits, planned.change.edits)) break;
  }
  throw new DeployError('ref-behind', {
    subject: `target ${step.step.to.name}`,
    message: 'the files of the stage have changed since the plan was shown',
    remedy: 'Run the command again.',
  });
}

const ATTEMPTS = 8;

function notProposed({ step }: Step, reason: string): DeployError {
  return new DeployError('push-refused', {
    subject: `target ${step.to.name}`,
    message: `was not proposed: ${reason}`,
    remedy: 'Delete the branch of the pull request, and run the command again.',
  });
}

async function endHold(
  {
    step,
    change,
    by,
    held,
  }: { readonly step: Step; readonly change: StageChange; readonly by: string; readonly held: string | null },
  context: StepContext,
): Promise<PromotedByHand> {
  const { record } = change.tip;
  if (held === null) return { kind: 'current' };
  if (record === null) {
    throw new DeployError('push-refused', {
      subject: `target ${step.step.to.name}`,
      message: 'its hold cannot be ended: the Git host refuses refs/headgate/promotions, and there is nothing to write',
      remedy: 'Let the write credentials push refs/headgate, or wait for a newer version and promote it.',
    });
  }
  const released = { ...change, tip: { ...change.tip, record } };
  await writeRelease(step, released, { promoter: { by, isHold: false }, context });
  return { kind: 'released' };
}

async function changeFrom(
  { step, from, isChosen }: ByHand,
  revision: Revision,
  context: StepContext,
): Promise<StageChange> {
  const tip = await readTip(step, context);
  const change = await makeChange(step, { sources: [{ target: from, revision }], tip, isChosen }, context);
  const [blocker] = change.blockers;
  if (blocker === undefined) return change;
  throw new DeployError('nothing-ready', {
    subject: blocker.key,
    message: `cannot be promoted: ${blocker.reason}`,
    remedy: 'Push what is missing, or fix carry of the promotion in headgate.yml.',
  });
}

function revisionOf(
  { step, from, revision }: ByHand,
  { state, record }: StageState,
  { deployed }: StageFacts,
): Revision {
  const wasDeployed = decodeHistory(state.history).some((each) => each.revision === revision && hasSucceeded(each));
  if (revision !== null && (wasDeployed || state.applied.source?.revision === revision)) return revision;
  if (revision !== null) {
    throw new DeployError('usage', {
      subject: revision,
      message: `this commit was not deployed to ${from.name}`,
      remedy: `Use one of the commits that headgate history ${from.name} lists.`,
    });
  }
  if (!('why' in deployed)) return deployed.source.revision;
  const before = lastReady(from, state, record);
  throw new DeployError('nothing-ready', {
    subject: `target ${from.name}`,
    message: `${from.name} has nothing to promote: ${deployed.why}`,
    remedy:
      before === null
        ? 'Wait until it is ready, or choose a commit with --revision.'
        : `Wait until it is ready, or promote what was ready before: headgate promote ${from.name} ${step.step.to.name} --revision ${before}.`,
  });
}

interface Judged {
  readonly change: StageChange;
  readonly facts: StageFacts;
  readonly records: readonly PromotionRecord[];
}

async function holds(wanted: ByHand, { change, facts, records }: Judged, context: StepContext): Promise<boolean> {
  if (change.edits.some((edit) => isOlder(edit, records))) return true;
  const { deployed } = facts;
  const [source] = change.sources;
  if ('why' in deployed || source?.revision === deployed.source.revision) return false;
  const { carried } = await changeFrom(wanted, deployed.source.revision, context);
  const candidates = new Map(carried.map(({ key, version }) => [key, version]));
  return change.edits.some(({ key, to }) => candidates.get(key) !== to);
}

async function passedOver(
  { step, from }: ByHand,
  { change, facts, records }: Judged,
  context: StepContext,
): Promise<readonly string[]> {
  const { edits, sources } = change;
  if (edits.length === 0) return [];
  const gate = gateOf(step.promotion, { agree: 'all' }, { facts: [facts], nowMs: context.ports.nowMs() });
  const open = await openOf(step, records, context);
  const judged = judge(edits, { stage: step.step.to.name, records, open: open?.number ?? null });
  const status = await missingStatuses(step.promotion, sources, context);
  const { agree, targets } = step.step.from;
  const others = targets.filter(({ name }) => name !== from.name).map(({ name }) => name);
  return [
    ...(gate.kind === 'waits' ? [gate.reason] : []),
    ...(judged.kind === 'waits' ? [judged.reason] : []),
    ...(status === null ? [] : [status]),
    ...(agree === 'all' && others.length > 0 ? [`${others.join(', ')} must have the same versions`] : []),
  ];
}
