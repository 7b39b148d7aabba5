import type { Problem } from '../../error/deploy-error.ts';
import { describeRelease } from '../../plan/model/plan.ts';
import type { Plan } from '../../plan/model/plan.ts';
import { describeHold } from '../../state/hold.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Observed } from '../ports/cluster.ts';
import type { Verdict } from '../ports/report.ts';
import type { World } from '../ports/world.ts';
import { nextOf, verdictOf, verdictOfStop } from './next.ts';
import { planRun } from './prepare.ts';
import type { PlannedRun } from './started-run.ts';
import type { Prepared, RunOptions } from './prepare.ts';
import type { Stop } from './stops.ts';
import { namesOf } from './names.ts';

/** What a deploy would do, for display. */
export interface Planned extends Pick<
  Plan,
  'steps' | 'prunes' | 'releases' | 'undecided' | 'pauseAfter' | 'refusals' | 'warnings'
> {
  readonly revision: Revision;
  readonly previous: Revision | null;
  /** The verdict that a deploy would get now. */
  readonly verdict: Verdict;
  /** What the plan was made from; null without a plan. */
  readonly observed: Observed | null;
  /** What has to be ready before the deploy, or its next step, writes. */
  readonly waitingFor: readonly string[];
  /** A hold or a window keeps it from being deployed. */
  readonly isDeferred: boolean;
  /** Of what it would do, under the first key; null: there is no key, or no plan. */
  readonly hash: string | null;
}

const NO_PLAN = {
  hash: null,
  steps: [],
  prunes: [],
  releases: [],
  undecided: [],
  pauseAfter: null,
  warnings: [],
  observed: null,
};
const NO_PROBLEMS: readonly Problem[] = [];

export async function planned(
  prepared: Prepared,
  { options, world }: { readonly options: RunOptions; readonly world: World },
  signal: AbortSignal,
): Promise<Planned> {
  const { revision, state } = prepared.run;
  const at = { revision, previous: state.applied.source?.revision ?? null };
  if (prepared.kind === 'planned') {
    const { plan, observed } = prepared.run;
    const hash = await hashIfKeyed(prepared.run, world, signal);
    return {
      ...at,
      ...plan,
      hash,
      observed,
      verdict: verdictOf(plan),
      waitingFor: waitingForOf(plan),
      isDeferred: false,
    };
  }
  const { stop, run } = prepared;
  const verdict = verdictOfStop(stop);
  if (stop.kind === 'waiting' || stop.kind === 'held' || stop.kind === 'closed') {
    // Show what the deploy will do after the wait. Its refusals may pass by then.
    const whole = await planRun(run, { options, world }, signal);
    const { plan, observed } = whole;
    return {
      ...at,
      ...plan,
      hash: await hashIfKeyed(whole, world, signal),
      pauseAfter: 0,
      observed,
      verdict,
      refusals: NO_PROBLEMS,
      waitingFor: waitingForStop(stop),
      isDeferred: stop.kind !== 'waiting',
    };
  }
  return {
    ...at,
    ...NO_PLAN,
    verdict,
    refusals: stop.kind === 'refused' ? stop.problems : NO_PROBLEMS,
    waitingFor: [],
    isDeferred: false,
  };
}

async function hashIfKeyed(run: PlannedRun, world: World, signal: AbortSignal): Promise<string | null> {
  const [key] = await world.keys(signal);
  if (key === undefined) return null;
  const { hashOf } = await import('../approval/approval-of.ts');
  return hashOf(run, key).hash;
}

function waitingForStop(stop: Extract<Stop, { kind: 'waiting' | 'held' | 'closed' }>): readonly string[] {
  if (stop.kind === 'waiting') return stop.on;
  return [stop.kind === 'held' ? describeHold(stop.hold) : stop.reason];
}

function waitingForOf(plan: Plan): readonly string[] {
  if (nextOf(plan) === 'wait') return plan.awaitedReleases.map((release) => describeRelease(release));
  return plan.pauseAfter === null ? [] : namesOf(plan.awaits);
}
