import type { Rule, Target } from '../config/config.ts';
import { matchName } from '../config/directory-glob.ts';
import { expand, nameTaken } from '../config/expand.ts';
import { withoutTemplates } from '../config/template.ts';
import type { Problem } from '../error/deploy-error.ts';
import { directoriesAt } from './directories.ts';
import type { Runtime } from './runtime.ts';
import type { Git } from './world.ts';

/** What stands against the name of a target that a rule made: other directories that come to it. Rules that cannot are not looked at. */
export async function namesakesOf(
  { name, from, repository }: Target,
  { git, config, openGit }: Pick<Runtime, 'config' | 'openGit'> & { readonly git: Git },
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const own = config.rules.find((rule) => rule.name === from?.rule);
  if (from === null || own === undefined) return [];
  const able = config.rules.filter((rule) => matchName(withoutTemplates(rule.name, '*'), name) !== null);
  const found = await Promise.all(
    able.map(async (rule) => {
      const isOwn = rule.settings.repository.name === repository.name;
      const directories = await directoriesAtTip(rule, isOwn ? git : await openGit(rule.settings.repository), signal);
      return directories.filter((directory) => {
        if (rule === own && directory === from.directory) return false;
        const one = expand(rule, directory, config);
        return one?.kind === 'target' && one.target.name === name;
      });
    }),
  );
  return found.flat().map((twin) => nameTaken(name, { rule: own, directory: from.directory }, twin));
}

async function directoriesAtTip(rule: Rule, git: Git, signal: AbortSignal): Promise<readonly string[]> {
  const tip = (await git.tips([rule.settings.ref], signal)).get(rule.settings.ref);
  return tip === undefined ? [] : directoriesAt(tip, rule, git, signal);
}
