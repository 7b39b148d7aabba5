import { asRevision } from '../../snapshot/source.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Parsed, Push, RepositoryIdentity } from './git-host.ts';

/** What a push did to one ref: it points at a revision now, or it does not concern any target. */
export type RefChange =
  | { readonly kind: 'moved'; readonly ref: string; readonly revision: Revision }
  | { readonly kind: 'ignored'; readonly reason: string };

/** `after`: null or only zeros when the ref was deleted. Null when it is neither that nor a commit. */
export function readRefChange(ref: string, after: string | null): RefChange | null {
  if (ref.startsWith('refs/tags/')) return { kind: 'ignored', reason: 'the ref is a tag, and targets follow branches' };
  if (!ref.startsWith('refs/heads/')) return { kind: 'ignored', reason: 'the ref is not a branch' };
  if (after === null || /^0+$/.test(after)) {
    return { kind: 'ignored', reason: `branch "${ref.slice('refs/heads/'.length)}" was deleted` };
  }
  const revision = asRevision(after);
  return revision === null ? null : { kind: 'moved', ref, revision };
}

/** What every host says: which commit the ref points at. A rewind that the host does not mark is found by reading the tip. */
export function plainPush({ ref, revision }: RefChange & { readonly kind: 'moved' }): Push {
  return { ref, revision, rootTree: null, isForced: false, changedPaths: null };
}

/** All refs of a delivery that lists them. */
export function parseRefChanges(
  changes: readonly { readonly ref: string; readonly after: string | null; readonly isForced?: boolean }[],
  repository: RepositoryIdentity,
): Parsed {
  const read = changes.map(({ ref, after, isForced = false }) => {
    const change = readRefChange(ref, after);
    return change?.kind === 'moved' ? { ...change, isForced } : change;
  });
  if (read.includes(null)) return { kind: 'not-understood', reason: 'the new commit of a ref is not a commit id' };
  const known = read.filter((change) => change !== null);
  const moved = known.filter((change) => change.kind === 'moved');
  if (moved.length > 0)
    return {
      kind: 'pushes',
      pushes: moved.map((change) => ({ ...plainPush(change), isForced: change.isForced })),
      repository,
    };
  const [first, ...others] = known.filter((change) => change.kind === 'ignored');
  const more = others.length === 0 ? '' : ` (+${others.length} more)`;
  return { kind: 'ignored', reason: `${first?.reason ?? 'the push changes no ref'}${more}`, repository };
}
