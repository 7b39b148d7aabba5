import type { Target } from '../../config/checked/config.ts';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import { inParallel } from '../../exchange/pool.ts';
import type { DataKeys } from '../../deploy/ports/data-keys.ts';
import type { Git } from '../../deploy/ports/git.ts';
import type { World, Unmet } from '../../deploy/ports/world.ts';
import type { RunPorts, Runtime } from '../../deploy/ports/runtime.ts';
import { stopwatch } from '../../deploy/report/stopwatch.ts';
import { makeWorld } from '../../deploy/requests/make-world.ts';
import { planDeploy } from '../../deploy/run/deploy.ts';
import { changesAnything, showPlan } from '../../deploy/show/shown-plan.ts';
import type { MergedPullRequest, ShownPlan } from '../../deploy/show/shown-plan.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { TargetPlan } from '../comment/plan-comment.ts';
import type { Concerned } from './concerned.ts';
import type { PullRequestContext, PlanContext } from './context.ts';

/** A merge to plan, and the reader that has it: it may exist only there. */
interface MergeToPlan extends PullRequestContext {
  readonly git: Git;
  readonly revision: Revision;
  readonly merged: MergedPullRequest;
}

/** Each plan is some dry runs. */
const AT_ONCE = 4;

/** Plans each target as a deploy of the merge would. Nothing is written. A target that cannot be planned says why. */
export async function planTargets(
  concerned: readonly Concerned[],
  merge: MergeToPlan,
  { runtime }: Pick<PlanContext, 'runtime'>,
  signal: AbortSignal,
): Promise<readonly TargetPlan[]> {
  const plans = new Map<string, Promise<TargetPlan>>();
  // A dependency is planned before what depends on it, so nothing waits for a plan that has not begun.
  return inParallel(inOrder(concerned), AT_ONCE, (each) => {
    const plan = planConcerned(each, { merge, plans, runtime }, signal);
    plans.set(each.name, plan);
    return plan;
  });
}

type Plans = ReadonlyMap<string, Promise<TargetPlan>>;

interface Planning {
  readonly merge: MergeToPlan;
  readonly plans: Plans;
  readonly runtime: Runtime;
}

async function planConcerned(each: Concerned, planning: Planning, signal: AbortSignal): Promise<TargetPlan> {
  const { name } = each;
  if (each.kind === 'refused') return { kind: 'failed', target: name, problem: each.problem };
  try {
    return { kind: 'planned', target: name, plan: await planTarget(each.target, planning.merge, planning, signal) };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return { kind: 'failed', target: name, problem: asDeployError(thrown).problem };
  }
}

/** As a deploy of the merge would, up to its first write. `plans`: of the targets before this one. */
export async function planTarget(
  target: Target,
  { git, revision, merged, trigger, ...open }: MergeToPlan,
  { runtime, plans = new Map() }: { readonly runtime: Runtime; readonly plans?: Plans },
  signal: AbortSignal,
): Promise<ShownPlan> {
  const ports = await openPorts(target, { ...open, revision }, runtime.open);
  const made = makeWorld({ ...ports, git }, { request: { target, trigger }, runtime, clock: stopwatch(runtime.nowMs) });
  const world: World = { ...made, unmet: async (next) => withChanged(await made.unmet(next), target, plans) };
  const planned = await planDeploy({ target, at: revision }, world, signal);
  const shown = { target: target.name, directory: null, pullRequest: merged, hidesForeign: true };
  return showPlan(planned, shown, signal);
}

/** Anyone may open a pull request of a fork: it gets the rights of an account that was chosen for that, and no key. */
async function openPorts(
  target: Target,
  { pullRequest, repository, revision }: Pick<MergeToPlan, 'pullRequest' | 'repository' | 'revision'>,
  open: PlanContext['runtime']['open'],
): Promise<RunPorts> {
  if (!pullRequest.isFork) return open(target, revision);
  const ports = await open({ ...target, serviceAccount: repository.pullRequests.serviceAccount }, revision);
  return { ...ports, dataKeys: NO_KEYS };
}

const NO_KEYS: DataKeys = {
  open() {
    throw new DeployError('decryption-missing', {
      subject: 'pull request of a fork',
      message: 'an encrypted file is part of the plan, and nothing is decrypted for a fork',
      remedy: 'Push the branch to the repository itself to plan it.',
    });
  },
};

/** The merge changes them too, and a deploy waits until that is ready. */
async function withChanged(unmet: Unmet, { dependsOn }: Target, plans: Plans): Promise<Unmet> {
  const changed = await Promise.all(
    dependsOn.map(async (name) => {
      const plan = await plans.get(name);
      const isChanged = plan?.kind === 'planned' && (changesAnything(plan.plan) || plan.plan.refusals.length > 0);
      return isChanged ? [`target ${name}`] : [];
    }),
  );
  return { ...unmet, on: [...new Set([...unmet.on, ...changed.flat()])] };
}

function inOrder(concerned: readonly Concerned[]): readonly Concerned[] {
  const byName = new Map(concerned.map((each) => [each.name, each]));
  const visited = new Set<Concerned>();
  const ordered: Concerned[] = [];
  const visit = (each: Concerned) => {
    if (visited.has(each)) return;
    visited.add(each);
    for (const name of each.kind === 'target' ? each.target.dependsOn : []) {
      const dependency = byName.get(name);
      if (dependency !== undefined) visit(dependency);
    }
    ordered.push(each);
  };
  for (const each of concerned) visit(each);
  return ordered;
}
