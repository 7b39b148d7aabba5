import type { Problem } from '../../error/deploy-error.ts';
import { isClientSide } from '../../resource/client-side.ts';
import { clientSide } from '../../resource/document.ts';
import type { UnreadDocument } from '../../resource/document.ts';
import type { Manifest } from '../../resource/resource.ts';

interface Documents {
  readonly manifests: readonly Manifest[];
  readonly unread: readonly (UnreadDocument & { readonly path: string })[];
}

export interface ServedKinds {
  readonly isServed: (manifest: Manifest) => boolean;
  /** Whether a kind of this name is served, in whatever group. */
  readonly hasKind: (kind: string) => boolean;
}

/**
 * What only the cluster can decide. A document with little more than a kind is meant as a manifest if that kind is served,
 * and is refused; a complete one that only a tool reads is a manifest only if a cluster serves it after all.
 */
export function separateUnserved(
  { manifests, unread }: Documents,
  { isServed, hasKind }: ServedKinds,
): Documents & { readonly refusals: readonly Problem[] } {
  const isForTool = (manifest: Manifest) => isClientSide(manifest) && !isServed(manifest);
  const isMistake = ({ ifServed }: UnreadDocument) => ifServed !== null && hasKind(ifServed.kind);
  return {
    manifests: manifests.filter((manifest) => !isForTool(manifest)),
    unread: [
      ...unread.filter((each) => !isMistake(each)),
      ...manifests
        .filter((manifest) => isForTool(manifest))
        .map(({ source, apiVersion, kind }) => ({ path: source.path, ...clientSide(source, { apiVersion, kind }) })),
    ],
    refusals: unread.flatMap((each) => (isMistake(each) ? (each.ifServed?.problems ?? []) : [])),
  };
}
