import { needsPerson } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Git, Merge } from '../../deploy/ports/git.ts';
import type { PlanOfOne } from '../../deploy/ports/githost/plan-request.ts';
import { changesAnything } from '../../deploy/show/shown-plan.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { TargetPlan } from '../comment/plan-comment.ts';
import { approveMerged } from './approve-merged.ts';
import { concernedTargets } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import type { PullRequestContext, PlanContext } from './context.ts';
import { mergeOf } from './merge-of.ts';
import { mergeProblem } from './merge-problem.ts';
import { openPullRequest } from './open-pull-request.ts';
import { planTargets } from './plan-targets.ts';
import { findOwnComment, publishComment, publishNote, publishStatuses } from './publish.ts';
import type { OwnComment } from './publish.ts';
import { answerTo, asksForPlan, isSteering, reactTo, readCommands, targetOf } from './commands.ts';
import type { GivenCommand } from './commands.ts';
import type { Steering } from './steer.ts';

/** The rest is named, and planned by a command. */
const MAX_TARGETS = 20;

export type PlanOutcome =
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'answered' }
  | {
      readonly kind: 'planned';
      readonly head: Revision;
      readonly tip: Revision;
      readonly plans: readonly TargetPlan[];
      /** Of a target: it may be gone when it is planned again. */
      readonly passing: Problem | null;
    };

/** Plans the merge of one pull request, and shows it there. Requests that arrived together are one. */
export async function planPullRequest(
  requests: readonly PlanOfOne[],
  context: PlanContext,
  signal: AbortSignal,
): Promise<PlanOutcome> {
  const opened = await openPullRequest(requests, context, signal);
  if (opened.kind === 'ignored') return opened;
  const { open } = opened;
  const read = await readCommands(requests, open, signal);
  const commands = read.some(isSteering) ? await steer(read, { open, requests, context }, signal) : read;
  if (opened.kind === 'merged') {
    await approveMerged(commands, open, context, signal);
    await reactTo(commands, open, signal);
    return { kind: 'answered' };
  }
  const keys = await context.runtime.keys(signal);
  const own = open.repository.pullRequests.comment ? await findOwnComment(open, keys, signal) : null;
  const answering = { open, commands, own, keys };
  const isWanted = requests.some(({ comment }) => comment === null) || commands.some((each) => asksForPlan(each));
  const outcome = isWanted ? await planAndShow(answering, context, signal) : await answer(answering, signal);
  await reactTo(commands, open, signal);
  return outcome;
}

/** Few comments hold or release a target. */
async function steer(
  commands: readonly GivenCommand[],
  steering: Steering,
  signal: AbortSignal,
): Promise<readonly GivenCommand[]> {
  const { steerTargets } = await import('./steer.ts');
  return steerTargets(commands, steering, signal);
}

interface Answering {
  readonly open: PullRequestContext;
  readonly commands: readonly GivenCommand[];
  readonly own: OwnComment | null;
  readonly keys: readonly string[];
}

async function answer({ open, commands, own, keys }: Answering, signal: AbortSignal): Promise<PlanOutcome> {
  const note = answerTo(commands);
  if (note === null) return { kind: 'ignored', reason: 'the comment has no command, or was edited' };
  if (open.repository.pullRequests.comment) await publishNote(note, { own, keys }, { open, signal });
  return { kind: 'answered' };
}

async function planAndShow(answering: Answering, context: PlanContext, signal: AbortSignal): Promise<PlanOutcome> {
  const { open, commands } = answering;
  const git = await context.runtime.openGit(open.repository);
  const { tip, merge } = await mergeOf(open.pullRequest, git, signal);
  const { repository, pullRequest } = open;
  const sides = { repository, into: pullRequest.into, tip, merge };
  const concerned = await concernedTargets(sides, { config: context.runtime.config, git }, signal);
  const { chosen, left } = choose(concerned, commands);
  const plans = await plansOf(chosen, { open, git, tip, merge }, { context, signal });
  if (await isHeldTo(answering, signal)) return { kind: 'ignored', reason: 'it was merged or closed meanwhile' };
  await publishStatuses(plans, open, context, signal);
  const problem = merge.kind === 'merged' ? null : mergeProblem(merge, pullRequest.into);
  await show({ plans, left, tip, problem }, answering, signal);
  const failures = plans.flatMap((each) => (each.kind === 'failed' ? [each.problem] : []));
  const passing = failures.find(({ code }) => !needsPerson(code)) ?? null;
  return { kind: 'planned', head: pullRequest.head.revision, tip, plans, passing };
}

/**
 * Whether the plan that is shown has to stay: its pull request was merged since it was read, so this plan is of the branch after
 * the merge, and approvals compare the merge with what was shown of the same head.
 */
async function isHeldTo({ open: { api, pullRequest }, own }: Answering, signal: AbortSignal): Promise<boolean> {
  if (own?.facts.head !== pullRequest.head.revision) return false;
  return (await api.read(pullRequest.number, signal))?.state !== 'open';
}

/** Those that a command names come first. */
function choose(concerned: readonly Concerned[], commands: readonly GivenCommand[]) {
  const named = new Set(commands.flatMap((each) => targetOf(each) ?? []));
  const sorted = [
    ...concerned.filter(({ name }) => named.has(name)),
    ...concerned.filter(({ name }) => !named.has(name)),
  ];
  return { chosen: sorted.slice(0, MAX_TARGETS), left: sorted.slice(MAX_TARGETS).map(({ name }) => name) };
}

interface ToPlan {
  readonly open: PullRequestContext;
  readonly git: Git;
  readonly tip: Revision;
  readonly merge: Merge;
}

async function plansOf(
  chosen: readonly Concerned[],
  { open, git, tip, merge }: ToPlan,
  { context, signal }: { readonly context: PlanContext; readonly signal: AbortSignal },
): Promise<readonly TargetPlan[]> {
  const { number, into, head } = open.pullRequest;
  if (merge.kind !== 'merged') {
    const problem = mergeProblem(merge, into);
    return chosen.map(({ name: target }) => ({ kind: 'failed', target, problem }));
  }
  const merged = { number, head: head.revision, tip };
  return planTargets(chosen, { ...open, git, revision: merge.revision, merged }, context, signal);
}

interface ToShow {
  readonly plans: readonly TargetPlan[];
  readonly left: readonly string[];
  readonly tip: Revision;
  readonly problem: Problem | null;
}

/** A pull request that changes nothing gets no comment, unless it has one, or a command requests it. */
async function show(
  { plans, left, tip, problem }: ToShow,
  { open, commands, own, keys }: Answering,
  signal: AbortSignal,
): Promise<void> {
  const { repository, pullRequest } = open;
  const note = answerTo(commands);
  const isWorthIt = own !== null || commands.length > 0 || left.length > 0 || plans.some((each) => isNoteworthy(each));
  if (!repository.pullRequests.comment || !isWorthIt) return;
  const shown = { number: pullRequest.number, head: pullRequest.head.revision, into: pullRequest.into };
  await publishComment({ comment: { pullRequest: shown, tip, plans, left, problem }, note, own, keys }, open, signal);
}

function isNoteworthy(each: TargetPlan): boolean {
  if (each.kind === 'failed') return true;
  return changesAnything(each.plan) || each.plan.refusals.length + each.plan.warnings.length > 0;
}
