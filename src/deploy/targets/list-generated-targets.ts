import type { Config, Repository, TargetTemplate, Target } from '../../config/checked/config.ts';
import { expandAll } from '../../config/templates/expand.ts';
import type { TemplateMatch, RefusedDirectory } from '../../config/templates/expand.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import { directoriesAt } from './directories.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { Git } from '../ports/git.ts';

/** A repository at one time: the tips of its refs, and the directories that its templates match. */
export interface RepositorySnapshot {
  readonly repository: Repository;
  readonly git: Git;
  readonly tips: ReadonlyMap<string, Revision>;
  readonly found: readonly TemplateMatch[];
  /** Of templates whose directories could not be listed. */
  readonly problems: readonly Problem[];
}

/** `at`: a commit instead of the tips. @throws DeployError when the repository does not answer. */
export async function readRepository(
  repository: Repository,
  { targets, templates }: { readonly targets: readonly Target[]; readonly templates: readonly TargetTemplate[] },
  { openGit, at = null }: Pick<Runtime, 'openGit'> & { readonly at?: Revision | null },
  signal: AbortSignal,
): Promise<RepositorySnapshot> {
  const git = await openGit(repository);
  const refs = [...targets.map(({ ref }) => ref), ...templates.map(({ settings }) => settings.ref)];
  const tips = await git.tips([...new Set(refs)], signal);
  const listed = await Promise.all(
    templates.map((template) =>
      listDirectories(template, { git, revision: at ?? tips.get(template.settings.ref) ?? null }, signal),
    ),
  );
  return {
    repository,
    git,
    tips,
    found: listed.flatMap(({ found }) => found),
    problems: listed.flatMap(({ problem }) => (problem === null ? [] : [problem])),
  };
}

async function listDirectories(
  template: TargetTemplate,
  { git, revision }: { readonly git: Git; readonly revision: Revision | null },
  signal: AbortSignal,
): Promise<{ readonly found: readonly TemplateMatch[]; readonly problem: Problem | null }> {
  if (revision === null) return { found: [], problem: noBranch(template) };
  try {
    const directories = await directoriesAt(revision, template, git, signal);
    return { found: directories.map((directory) => ({ template, directory })), problem: null };
  } catch (thrown) {
    return { found: [], problem: asDeployError(thrown).problem };
  }
}

/** A deleted branch is a decision about the branch, never a repository without directories. */
function noBranch({ name, position, settings }: TargetTemplate): Problem {
  return {
    code: 'ref-missing',
    subject: `template ${name} (${position})`,
    message: `branch ${settings.branch} does not exist in ${settings.repository.name}`,
    remedy: 'Push the branch, or fix branch of the template. Nothing was deleted.',
  };
}

export interface GeneratedTargets {
  readonly found: readonly TemplateMatch[];
  readonly targets: readonly Target[];
  readonly refused: readonly RefusedDirectory[];
  /** Of repositories and templates that could not be read. */
  readonly problems: readonly Problem[];
}

/** The targets that templates generate at their tips, or at one commit (`at`). The templates of a repository that does not answer are skipped. */
export async function listGeneratedTargets(
  templates: readonly TargetTemplate[],
  runtime: Pick<Runtime, 'openGit' | 'config'> & { readonly at?: Revision | null },
  signal: AbortSignal,
): Promise<GeneratedTargets> {
  const byRepository = Map.groupBy(templates, ({ settings }) => settings.repository);
  const snapshots = await Promise.all(
    [...byRepository].map(async ([repository, own]) => {
      try {
        return await readRepository(repository, { targets: [], templates: own }, runtime, signal);
      } catch (thrown) {
        return { found: [], problems: [asDeployError(thrown).problem] };
      }
    }),
  );
  const found = snapshots.flatMap((snapshot) => snapshot.found);
  return { ...expandAll(found, runtime.config), found, problems: snapshots.flatMap(({ problems }) => problems) };
}

export function notSuspended({ targets, templates }: Pick<Config, 'targets' | 'templates'>) {
  return {
    targets: targets.filter(({ suspend }) => !suspend),
    templates: templates.filter(({ settings }) => !settings.suspend),
  };
}
