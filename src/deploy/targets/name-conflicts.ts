import type { TargetTemplate, Target } from '../../config/checked/config.ts';
import { expand, nameTaken } from '../../config/templates/expand.ts';
import { mayResolveTo } from '../../config/written/placeholders.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { directoriesAt } from './directories.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { Git } from '../ports/git.ts';

/** Other directories that generate the name of a generated target. Templates that cannot generate it are not listed. */
export async function nameConflictsOf(
  { name, generatedFrom: from, repository }: Target,
  { git, config, openGit }: Pick<Runtime, 'config' | 'openGit'> & { readonly git: Git },
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const own = config.templates.find((template) => template.name === from?.template);
  if (from === null || own === undefined) return [];
  const candidates = config.templates.filter((template) => mayResolveTo(template.name, name));
  const found = await Promise.all(
    candidates.map(async (template) => {
      const isOwn = template.settings.repository.name === repository.name;
      const directories = await directoriesAtTip(
        template,
        isOwn ? git : await openGit(template.settings.repository),
        signal,
      );
      return directories.filter((directory) => {
        if (template === own && directory === from.directory) return false;
        const one = expand(template, directory, config);
        return one?.kind === 'target' && one.target.name === name;
      });
    }),
  );
  return found.flat().map((other) => nameTaken(name, { template: own, directory: from.directory }, other));
}

async function directoriesAtTip(template: TargetTemplate, git: Git, signal: AbortSignal): Promise<readonly string[]> {
  const tip = (await git.tips([template.settings.ref], signal)).get(template.settings.ref);
  return tip === undefined ? [] : directoriesAt(tip, template, git, signal);
}
