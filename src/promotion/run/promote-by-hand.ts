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
import { openOf, openReaders, propose, readRecords, readTip } from './propose.ts';
import type { Proposal, Proposing } from './propose.ts';
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
  readonly proposal: Proposal;
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
  const proposing = { ports, readers: await openReaders(step, ports), signal };
  const proposal = await proposeOne(wanted, revision, proposing);
  const records = await readRecords(step, proposal.tip, proposing);
  const isHold = await holds(wanted, { proposal, facts, records }, proposing);
  return {
    revision,
    proposal,
    passedOver: await passedOver(wanted, { proposal, facts, records }, proposing),
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
  let { proposal } = planned;
  const proposing = { ports, readers: await openReaders(step, ports), signal };
  if (proposal.edits.length === 0) return endHold({ step, proposal, by, held }, proposing);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const written = await writePromotion(step, proposal, { promoter: { by, isHold }, proposing });
    if (written.kind !== 'overtaken' && written.pullRequest !== null)
      return { kind: 'proposed', pullRequest: written.pullRequest };
    if (written.kind === 'written') return { kind: 'promoted', revision: written.revision };
    if (written.kind === 'waits') throw notProposed(step, written.reason);
    proposal = await proposeOne(wanted, planned.revision, proposing);
    if (!isDeepStrictEqual(proposal.edits, planned.proposal.edits)) break;
  }
  throw new DeployError('ref-behind', {
    subject: `target ${step.step.to.name}`,
    message: 'its files have changed since the plan was shown',
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
    proposal,
    by,
    held,
  }: { readonly step: Step; readonly proposal: Proposal; readonly by: string; readonly held: string | null },
  proposing: Proposing,
): Promise<PromotedByHand> {
  const { record } = proposal.tip;
  if (held === null) return { kind: 'current' };
  if (record === null) {
    throw new DeployError('push-refused', {
      subject: `target ${step.step.to.name}`,
      message: 'its hold cannot be ended: the Git host refuses refs/headgate/promotions, and there is nothing to write',
      remedy: 'Let the write credentials push refs/headgate, or wait for a newer version and promote it.',
    });
  }
  const released = { ...proposal, tip: { ...proposal.tip, record } };
  await writeRelease(step, released, { promoter: { by, isHold: false }, proposing });
  return { kind: 'released' };
}

async function proposeOne(
  { step, from, isChosen }: ByHand,
  revision: Revision,
  proposing: Proposing,
): Promise<Proposal> {
  const tip = await readTip(step, proposing);
  const proposal = await propose(step, { sources: [{ target: from, revision }], tip, isChosen }, proposing);
  const [blocker] = proposal.blockers;
  if (blocker === undefined) return proposal;
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
    message: `has nothing to promote: ${deployed.why}`,
    remedy:
      before === null
        ? 'Wait until it is ready, or choose a commit with --revision.'
        : `Wait until it is ready, or promote what was ready before: headgate promote ${from.name} ${step.step.to.name} --revision ${before}.`,
  });
}

interface Judged {
  readonly proposal: Proposal;
  readonly facts: StageFacts;
  readonly records: readonly PromotionRecord[];
}

async function holds(wanted: ByHand, { proposal, facts, records }: Judged, proposing: Proposing): Promise<boolean> {
  if (proposal.edits.some((edit) => isOlder(edit, records))) return true;
  const { deployed } = facts;
  const [source] = proposal.sources;
  if ('why' in deployed || source?.revision === deployed.source.revision) return false;
  const { carried } = await proposeOne(wanted, deployed.source.revision, proposing);
  const candidates = new Map(carried.map(({ key, version }) => [key, version]));
  return proposal.edits.some(({ key, to }) => candidates.get(key) !== to);
}

async function passedOver(
  { step, from }: ByHand,
  { proposal, facts, records }: Judged,
  proposing: Proposing,
): Promise<readonly string[]> {
  const { edits, sources } = proposal;
  if (edits.length === 0) return [];
  const gate = gateOf(step.promotion, { agree: 'all' }, { facts: [facts], nowMs: proposing.ports.nowMs() });
  const open = await openOf(step, records, proposing);
  const judged = judge(edits, { stage: step.step.to.name, records, open: open?.number ?? null });
  const status = await missingStatuses(step.promotion, sources, proposing);
  const { agree, targets } = step.step.from;
  const others = targets.filter(({ name }) => name !== from.name).map(({ name }) => name);
  return [
    ...(gate.kind === 'waits' ? [gate.reason] : []),
    ...(judged.kind === 'waits' ? [judged.reason] : []),
    ...(status === null ? [] : [status]),
    ...(agree === 'all' && others.length > 0 ? [`${others.join(', ')} would have to agree`] : []),
  ];
}
