import { localRuntime } from '../../app/local/local-runtime.ts';
import { openPullRequestsOf } from '../../app/plan-context.ts';
import type { Config, Repository, Target } from '../../config/checked/config.ts';
import { mayResolveTo } from '../../config/written/placeholders.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { PullRequest } from '../../githost/port/pull-requests.ts';
import { concernedTargets } from '../../pulls/plan/concerned.ts';
import type { Concerned } from '../../pulls/plan/concerned.ts';
import { mergeOf } from '../../pulls/plan/merge-of.ts';
import { mergeProblem } from '../../pulls/plan/merge-problem.ts';
import { planTarget } from '../../pulls/plan/plan-targets.ts';
import { findTarget } from '../lookup/find-target.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { printPlan } from './print-plan.ts';
import type { PlanFormat } from './print-plan.ts';

export interface PullRequestFlags {
  /** Of the target. It may be one that only the pull request makes a template generate. */
  readonly name: string;
  readonly pullRequest: number;
  readonly format: PlanFormat;
}

/** Shows what merging a pull request would change, as its comment does. Nothing is written, neither there nor in the cluster. */
export async function planPullRequestCommand(context: Context, flags: PullRequestFlags): Promise<ExitCode> {
  const { config, env, log, signal } = context;
  const runtime = localRuntime({ config, env, log, holder: 'plan', progress: () => undefined });
  try {
    const repository = repositoryOf(flags.name, config) ?? (await findTarget(context, flags.name)).repository;
    const api = await openPullRequestsOf(repository, runtime);
    const pullRequest = openOne(await api.read(flags.pullRequest, signal), { flags, repository });
    const git = await runtime.openGit(repository);
    const { tip, merge } = await mergeOf(pullRequest, git, signal);
    if (merge.kind !== 'merged') {
      const problem = mergeProblem(merge, pullRequest.into);
      throw new DeployError(problem.code, problem);
    }
    const sides = { repository, into: pullRequest.into, tip, merge };
    const concerned = await concernedTargets(sides, { config, git }, signal);
    const target = generatedIn(concerned, flags.name) ?? (await findTarget(context, flags.name));
    refuseOtherBranch(target, pullRequest);
    const merged = { number: pullRequest.number, head: pullRequest.head.revision, tip };
    const toPlan = {
      repository,
      api,
      pullRequest,
      trigger: { kind: 'cli' },
      git,
      revision: merge.revision,
      merged,
    } as const;
    return printPlan(await planTarget(target, toPlan, { runtime }, signal), flags.format, context);
  } finally {
    runtime.close();
  }
}

function repositoryOf(name: string, { targets, templates }: Config): Repository | undefined {
  const template = templates.find((each) => mayResolveTo(each.name, name));
  return (targets.find((target) => target.name === name) ?? template?.settings)?.repository;
}

/** A merged one is on its branch: there is nothing to plan. */
function openOne(
  found: PullRequest | null,
  { flags, repository }: { readonly flags: PullRequestFlags; readonly repository: Repository },
): PullRequest {
  const { plan, forks } = repository.pullRequests;
  const isRefusedFork = found?.isFork === true && !(plan && forks);
  if (found !== null && found.state === 'open' && !isRefusedFork) return found;
  throw new DeployError('usage', {
    subject: `--pull-request ${flags.pullRequest}`,
    message: isRefusedFork
      ? `is of a fork, and pullRequests of repository ${repository.name} does not have forks: true`
      : found === null
        ? `does not exist in ${repository.fullName}`
        : `is ${found.state}`,
    remedy: isRefusedFork
      ? 'Push the branch to the repository itself, or set forks and serviceAccount in pullRequests.'
      : 'Pass the number of an open pull request.',
  });
}

function generatedIn(concerned: readonly Concerned[], name: string): Target | null {
  const found = concerned.find((each) => each.name === name);
  if (found?.kind === 'refused') throw new DeployError(found.problem.code, found.problem);
  return found?.target ?? null;
}

function refuseOtherBranch({ name, ref }: Target, { number, into }: PullRequest): void {
  if (ref === `refs/heads/${into}`) return;
  throw new DeployError('usage', {
    subject: `--pull-request ${number}`,
    message: `is to be merged into ${into}, which target ${name} does not follow`,
    remedy: 'Name a target that follows this branch.',
  });
}
