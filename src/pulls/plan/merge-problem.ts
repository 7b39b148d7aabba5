import type { Problem } from '../../error/deploy-error.ts';
import type { Merge } from '../../deploy/ports/git.ts';

/** Why there is no merge to plan. */
export function mergeProblem(merge: Exclude<Merge, { kind: 'merged' }>, into: string): Problem {
  switch (merge.kind) {
    case 'conflict': {
      const [first = '', ...others] = merge.paths;
      const also = others.length === 0 ? '' : `, and ${others.length} more ${others.length === 1 ? 'path' : 'paths'}`;
      return {
        code: 'merge-conflict',
        subject: first,
        message: `changed both on ${into} and in the pull request${also}, so the result of the merge is not known`,
        remedy: `Rebase the pull request first, or merge ${into} into it.`,
      };
    }
    case 'no-base':
      return {
        code: 'merge-conflict',
        subject: into,
        message: `has ${merge.bases === 'none' ? 'no common ancestor' : 'several best common ancestors'} with the pull request`,
        remedy: `Rebase the pull request on ${into}.`,
      };
    default:
      return merge satisfies never;
  }
}
