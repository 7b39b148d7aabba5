import type { Revision } from '../snapshot/source.ts';
import type { RemoteObjects } from './objects.ts';
import { UnknownObject } from './wire/git-error.ts';
import type { ServerTraits } from './wire/transport.ts';

/* For servers that serve commits only, such as JGit without filters. */

/** Both commits whole: together they cost little more than one of them. The base alone may be gone. */
export async function fetchBoth(
  objects: RemoteObjects,
  { revision, base }: { readonly revision: Revision; readonly base: Revision | null },
  signal: AbortSignal,
): Promise<void> {
  if (revision === base) return;
  try {
    await objects.fetchCommits(base === null ? [revision] : [revision, base], signal);
  } catch (thrown) {
    if (!(thrown instanceof UnknownObject) || base === null) throw thrown;
    await objects.fetchCommits([revision], signal);
  }
}

/** The commits whose trees the server refused to serve. @throws what was thrown, where they are here already */
export async function fetchInstead(
  objects: RemoteObjects,
  refused: {
    readonly revisions: readonly (Revision | null)[];
    readonly thrown: UnknownObject;
    readonly traits: ServerTraits;
  },
  signal: AbortSignal,
): Promise<void> {
  const { thrown, traits } = refused;
  const commits = refused.revisions.filter((revision) => revision !== null);
  if (commits.every((revision) => objects.isWhole(revision))) throw thrown;
  await objects.fetchCommits(commits, signal);
  if (!traits.hasFilters) traits.servesTrees = false;
}
