import type { Config, Repository, Rule, Target } from '../config/config.ts';
import { expandAll } from '../config/expand.ts';
import type { Found, RefusedDirectory } from '../config/expand.ts';
import { asDeployError } from '../error/deploy-error.ts';
import type { Problem } from '../error/deploy-error.ts';
import type { Revision } from '../resource/source.ts';
import { directoriesAt } from './directories.ts';
import type { Runtime } from './runtime.ts';
import type { Git } from './world.ts';

/** One look at a repository: where its refs are, and what directories are there for its rules. */
export interface RepositoryLook {
  readonly repository: Repository;
  readonly git: Git;
  readonly tips: ReadonlyMap<string, Revision>;
  readonly found: readonly Found[];
  /** Of rules whose directories cannot be told. */
  readonly problems: readonly Problem[];
}

/** `at`: a commit instead of the tips. @throws DeployError when the repository does not answer. */
export async function lookAtRepository(
  repository: Repository,
  { targets, rules }: { readonly targets: readonly Target[]; readonly rules: readonly Rule[] },
  { openGit, at = null }: Pick<Runtime, 'openGit'> & { readonly at?: Revision | null },
  signal: AbortSignal,
): Promise<RepositoryLook> {
  const git = await openGit(repository);
  const refs = [...targets.map(({ ref }) => ref), ...rules.map(({ settings }) => settings.ref)];
  const tips = await git.tips([...new Set(refs)], signal);
  const looked = await Promise.all(
    rules.map((rule) => lookAtRule(rule, { git, revision: at ?? tips.get(rule.settings.ref) ?? null }, signal)),
  );
  return {
    repository,
    git,
    tips,
    found: looked.flatMap(({ found }) => found),
    problems: looked.flatMap(({ problem }) => (problem === null ? [] : [problem])),
  };
}

async function lookAtRule(
  rule: Rule,
  { git, revision }: { readonly git: Git; readonly revision: Revision | null },
  signal: AbortSignal,
): Promise<{ readonly found: readonly Found[]; readonly problem: Problem | null }> {
  if (revision === null) return { found: [], problem: noBranch(rule) };
  try {
    const directories = await directoriesAt(revision, rule, git, signal);
    return { found: directories.map((directory) => ({ rule, directory })), problem: null };
  } catch (thrown) {
    return { found: [], problem: asDeployError(thrown).problem };
  }
}

/** A deleted branch is a decision about the branch, never a repository without directories. */
function noBranch({ name, place, settings }: Rule): Problem {
  return {
    code: 'ref-missing',
    subject: `rule ${name} (${place})`,
    message: `branch ${settings.branch} does not exist in ${settings.repository.name}`,
    remedy: 'Push it, or mend branch of the rule. Nothing was deleted.',
  };
}

export interface MadeTargets {
  readonly found: readonly Found[];
  readonly targets: readonly Target[];
  readonly refused: readonly RefusedDirectory[];
  /** Of repositories and rules that could not be looked at. */
  readonly problems: readonly Problem[];
}

/** What rules make of their tips, or of one commit (`at`), for whoever asks without a delivery. A repository that does not answer says nothing about its rules. */
export async function lookAtRules(
  rules: readonly Rule[],
  runtime: Pick<Runtime, 'openGit' | 'config'> & { readonly at?: Revision | null },
  signal: AbortSignal,
): Promise<MadeTargets> {
  const byRepository = Map.groupBy(rules, ({ settings }) => settings.repository);
  const looks = await Promise.all(
    [...byRepository].map(async ([repository, own]) => {
      try {
        return await lookAtRepository(repository, { targets: [], rules: own }, runtime, signal);
      } catch (thrown) {
        return { found: [], problems: [asDeployError(thrown).problem] };
      }
    }),
  );
  const found = looks.flatMap((look) => look.found);
  return { ...expandAll(found, runtime.config), found, problems: looks.flatMap(({ problems }) => problems) };
}

export function awake({ targets, rules }: Pick<Config, 'targets' | 'rules'>) {
  return {
    targets: targets.filter(({ suspend }) => !suspend),
    rules: rules.filter(({ settings }) => !settings.suspend),
  };
}
