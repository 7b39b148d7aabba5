import type { Repository, Target } from '../config/config.ts';
import { settingsHash } from '../config/settings-hash.ts';
import { asDeployError } from '../error/deploy-error.ts';
import type { Applied } from '../plan/applied.ts';
import type { Revision } from '../resource/source.ts';
import { isAtTip } from './at-tip.ts';
import { isPaused } from './attempt.ts';
import type { DeployRequest } from './request.ts';
import type { Ports, Runtime } from './run.ts';
import type { Git } from './world.ts';

/** What a sweep needs besides a run: a look at a repository that belongs to no target. */
export interface SweepRuntime extends Runtime {
  readonly openGit: (repository: Repository) => Promise<Git>;
}

/**
 * Looks once at every repository and at the state of every target, and says which targets are not where their tip is.
 * A repository or cluster that does not answer is logged, and says nothing about its targets.
 */
export async function sweep(runtime: SweepRuntime, signal: AbortSignal): Promise<readonly DeployRequest[]> {
  const active = runtime.config.targets.filter(({ suspend }) => !suspend);
  const byRepository = Map.groupBy(active, ({ repository }) => repository);
  const found = await Promise.all(
    [...byRepository].map(([repository, targets]) => sweepRepository(repository, targets, { runtime, signal })),
  );
  return found.flat();
}

interface SweepContext {
  readonly runtime: SweepRuntime;
  readonly signal: AbortSignal;
}

async function sweepRepository(
  repository: Repository,
  targets: readonly Target[],
  context: SweepContext,
): Promise<readonly DeployRequest[]> {
  const { runtime, signal } = context;
  try {
    const git = await runtime.openGit(repository);
    const tips = await git.tips([...new Set(targets.map(({ ref }) => ref))], signal);
    const looked = await Promise.all(
      targets.map((target) => sweepTarget(target, tips.get(target.ref) ?? null, { ...context, git })),
    );
    return looked.flatMap((request) => (request === null ? [] : [request]));
  } catch (thrown) {
    const errors = [asDeployError(thrown).problem];
    runtime.log({ level: 'error', message: 'sweep-failed', repository: repository.name, errors });
    return [];
  }
}

async function sweepTarget(
  target: Target,
  tip: Revision | null,
  context: SweepContext & { git: Git },
): Promise<DeployRequest | null> {
  const { runtime } = context;
  if (tip === null) {
    // A deleted branch is a decision about the branch, never an empty repository.
    runtime.log({
      level: 'warn',
      message: 'ignored',
      target: target.name,
      reason: `${target.ref} does not exist in ${target.repository.name}`,
    });
    return null;
  }
  try {
    const { cluster, tools } = await runtime.open(target, null);
    if (!(await isBehind({ target, tip, cluster, tools }, context))) return null;
    return { target: target.name, delivery: 'sweep', hint: null, at: new Date(runtime.nowMs()).toISOString() };
  } catch (thrown) {
    const error = asDeployError(thrown);
    // Somebody is at work on it.
    if (error.code !== 'lease-held') {
      runtime.log({ level: 'error', message: 'sweep-failed', target: target.name, errors: [error.problem] });
    }
    return null;
  }
}

async function isBehind(
  { target, tip, cluster, tools }: { target: Target; tip: Revision } & Pick<Ports, 'cluster' | 'tools'>,
  { runtime, git, signal }: SweepContext & { git: Git },
): Promise<boolean> {
  const settings = settingsHash(target);
  const applied: Applied = await cluster.readApplied('write', signal);
  if (isPaused(applied, { revision: tip, settings, nowMs: runtime.nowMs() })) return false;
  return !(await isAtTip({ target, applied, tip }, { git, tools }, signal));
}
