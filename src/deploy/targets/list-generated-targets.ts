import type { Config, Repository, TargetTemplate, Target } from '../../config/checked/config.ts';
import { expandAll } from '../../config/templates/expand.ts';
import type { TemplateMatch, RefusedDirectory } from '../../config/templates/expand.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import { directoriesAt } from './directories.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { Git } from '../ports/git.ts';

/** One look at a repository: where its refs are, and what directories are there for its templates. */
export interface RepositorySnapshot {
  readonly repository: Repository;
  readonly git: Git;
  readonly tips: ReadonlyMap<string, Revision>;
  readonly found: readonly TemplateMatch[];
  /** Of templates whose directories cannot be told. */
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
  const looked = await Promise.all(
    templates.map((template) =>
      lookAtRule(template, { git, revision: at ?? tips.get(template.settings.ref) ?? null }, signal),
    ),
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
function noBranch({ name, place, settings }: TargetTemplate): Problem {
  return {
    code: 'ref-missing',
    subject: `template ${name} (${place})`,
    message: `branch ${settings.branch} does not exist in ${settings.repository.name}`,
    remedy: 'Push it, or mend branch of the template. Nothing was deleted.',
  };
}

export interface GeneratedTargets {
  readonly found: readonly TemplateMatch[];
  readonly targets: readonly Target[];
  readonly refused: readonly RefusedDirectory[];
  /** Of repositories and templates that could not be looked at. */
  readonly problems: readonly Problem[];
}

/** What templates make of their tips, or of one commit (`at`), for whoever asks without a delivery. A repository that does not answer says nothing about its templates. */
export async function listGeneratedTargets(
  templates: readonly TargetTemplate[],
  runtime: Pick<Runtime, 'openGit' | 'config'> & { readonly at?: Revision | null },
  signal: AbortSignal,
): Promise<GeneratedTargets> {
  const byRepository = Map.groupBy(templates, ({ settings }) => settings.repository);
  const looks = await Promise.all(
    [...byRepository].map(async ([repository, own]) => {
      try {
        return await readRepository(repository, { targets: [], templates: own }, runtime, signal);
      } catch (thrown) {
        return { found: [], problems: [asDeployError(thrown).problem] };
      }
    }),
  );
  const found = looks.flatMap((look) => look.found);
  return { ...expandAll(found, runtime.config), found, problems: looks.flatMap(({ problems }) => problems) };
}

export function notSuspended({ targets, templates }: Pick<Config, 'targets' | 'templates'>) {
  return {
    targets: targets.filter(({ suspend }) => !suspend),
    templates: templates.filter(({ settings }) => !settings.suspend),
  };
}
