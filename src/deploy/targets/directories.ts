import type { TargetTemplate } from '../../config/checked/config.ts';
import { matchName } from '../../config/written/directory-glob.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Git } from '../ports/git.ts';

/** A pushed tree says how many there are, and each is a run. */
const MOST = 1000;

/** The directories of a template at a commit: only trees along its glob are read, those of one level in one request. */
export async function directoriesAt(
  revision: Revision,
  { name, place, forEach }: TargetTemplate,
  git: Pick<Git, 'rootTree' | 'readPaths'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const at = { rootTree: await git.rootTree(revision, signal), base: null };
  let above = [''];
  for (const pattern of forEach.directories.split('/')) {
    const looked = above.length === 0 ? [] : await git.readPaths(at, above, signal);
    above = looked.flatMap((standing) =>
      standing.kind === 'tree'
        ? standing.entries
            .filter((entry) => entry.kind === 'tree' && matchName(pattern, entry.name) !== null)
            .map((entry) => (standing.path === '' ? entry.name : `${standing.path}/${entry.name}`))
        : [],
    );
    if (above.length > MOST) {
      throw new DeployError('git-limit', {
        subject: `template ${name} (${place})`,
        message: `${forEach.directories} matches more than ${MOST} directories`,
        remedy: 'Write a narrower glob, or more than one template.',
      });
    }
  }
  return above;
}
