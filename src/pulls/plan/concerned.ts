import type { Config, Repository, Target } from '../../config/checked/config.ts';
import { expand } from '../../config/templates/expand.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Git, Merge } from '../../deploy/ports/git.ts';
import type { Recipient } from '../../deploy/ports/request.ts';
import { directoriesAt } from '../../deploy/targets/directories.ts';
import { resolveRecipient } from '../../deploy/targets/resolve-recipient.ts';
import { match } from '../../deploy/webhook/match.ts';
import type { Revision } from '../../snapshot/source.ts';
import { isBelow } from '../../snapshot/source.ts';

/** A target that a pull request concerns, or why its template generates none. */
export type Concerned =
  | { readonly kind: 'target'; readonly name: string; readonly target: Target }
  | { readonly kind: 'refused'; readonly name: string; readonly problem: Problem };

interface Sides {
  readonly repository: Repository;
  readonly into: string;
  readonly tip: Revision;
  readonly merge: Merge;
}

/** As a push of the merge would be matched. Those whose own files change come first. */
export async function concernedTargets(
  { repository, into, tip, merge }: Sides,
  { config, git }: { readonly config: Config; readonly git: Git },
  signal: AbortSignal,
): Promise<readonly Concerned[]> {
  const changedPaths = merge.kind === 'no-base' ? null : merge.changedPaths;
  const push = { ref: `refs/heads/${into}`, revision: tip, rootTree: null, isForced: false, changedPaths };
  const matched = changedPaths?.length === 0 ? null : match(push, ofRepository(repository, config));
  if (matched?.kind !== 'targets') return [];
  const revision = merge.kind === 'merged' ? merge.revision : tip;
  const resolved = await Promise.all(
    matched.recipients.map((recipient) => resolve(recipient, { config, git, revision }, signal)),
  );
  const byName = new Map(resolved.flat().map((each) => [each.name, each]));
  const isTouched = (each: Concerned) =>
    each.kind === 'refused' || changedPaths === null || changedPaths.some((path) => isBelow(path, each.target.path));
  return [...byName.values()].toSorted(
    (a, b) => Number(isTouched(b)) - Number(isTouched(a)) || (a.name < b.name ? -1 : 1),
  );
}

/** Of this repository: branches of others have the same names. */
function ofRepository(
  { name }: Pick<Repository, 'name'>,
  { targets, templates }: Pick<Config, 'targets' | 'templates'>,
): Pick<Config, 'targets' | 'templates'> {
  return {
    targets: targets.filter(({ repository }) => repository.name === name),
    templates: templates.filter(({ settings }) => settings.repository.name === name),
  };
}

async function resolve(
  recipient: Recipient,
  { config, git, revision }: { readonly config: Config; readonly git: Git; readonly revision: Revision },
  signal: AbortSignal,
): Promise<readonly Concerned[]> {
  const resolved = resolveRecipient(recipient, config);
  switch (resolved.kind) {
    case 'target':
      return [{ kind: 'target', name: resolved.target.name, target: resolved.target }];
    case 'refused':
      return refusedOf(resolved.refused);
    case 'template': {
      const directories = await directoriesAt(revision, resolved.template, git, signal);
      return directories.flatMap((directory) => {
        const expanded = expand(resolved.template, directory, config);
        if (expanded === null) return [];
        if (expanded.kind === 'refused') return refusedOf(expanded.refused);
        return [{ kind: 'target', name: expanded.target.name, target: expanded.target } as const];
      });
    }
    case 'none':
      return [];
    default:
      return resolved satisfies never;
  }
}

function refusedOf({
  name,
  problems,
}: {
  readonly name: string;
  readonly problems: readonly Problem[];
}): readonly Concerned[] {
  return problems.slice(0, 1).map((problem) => ({ kind: 'refused', name, problem }) as const);
}
