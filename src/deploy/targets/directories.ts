import type { TargetTemplate } from '../../config/checked/config.ts';
import { matchName } from '../../config/written/directory-glob.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Git } from '../ports/git.ts';

/** A pushed tree decides how many directories match, and each is a run. */
const MAX_DIRECTORIES = 1000;

/** The directories of a template at a commit. Only trees along its glob are read, one request per level. */
export async function directoriesAt(
  revision: Revision,
  { name, position, forEach }: TargetTemplate,
  git: Pick<Git, 'rootTree' | 'readPaths'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const at = { rootTree: await git.rootTree(revision, signal), base: null };
  let directories = [''];
  for (const pattern of forEach.directories.split('/')) {
    const contents = directories.length === 0 ? [] : await git.readPaths(at, directories, signal);
    directories = contents.flatMap((content) =>
      content.kind === 'tree'
        ? content.entries
            .filter((entry) => entry.kind === 'tree' && matchName(pattern, entry.name) !== null)
            .map((entry) => (content.path === '' ? entry.name : `${content.path}/${entry.name}`))
        : [],
    );
    if (directories.length > MAX_DIRECTORIES) {
      throw new DeployError('git-limit', {
        subject: `template ${name} (${position})`,
        message: `${forEach.directories} matches more than ${MAX_DIRECTORIES} directories`,
        remedy: 'Use a narrower glob, or several templates.',
      });
    }
  }
  return directories;
}
