import { PART_OF, SOURCE } from '../model/body.ts';
import type { LiveMetadata } from '../model/facts.ts';

export type Owner =
  | { readonly kind: 'none' }
  | { readonly kind: 'us'; readonly source: string | null }
  | { readonly kind: 'other'; readonly tool: Tool; readonly name: string };

export type Tool = 'headgate' | 'applyset' | 'helm' | 'argo' | 'flux';

/** Who claims a live object, by the labels and annotations that each tool sets on what it owns. */
export function ownerOf(live: Pick<LiveMetadata, 'labels' | 'annotations'>, applySetId: string): Owner {
  const { labels, annotations } = live;
  const partOf = labels[PART_OF];
  if (partOf === applySetId) return { kind: 'us', source: annotations[SOURCE] ?? null };
  if (partOf !== undefined) {
    const source = annotations[SOURCE];
    return source === undefined
      ? { kind: 'other', tool: 'applyset', name: `ApplySet ${partOf}` }
      : { kind: 'other', tool: 'headgate', name: `another Headgate target (from ${source})` };
  }
  const release = annotations['meta.helm.sh/release-name'];
  if (release !== undefined) return { kind: 'other', tool: 'helm', name: `Helm release ${release}` };
  const tracking = annotations['argocd.argoproj.io/tracking-id'] ?? labels['argocd.argoproj.io/instance'];
  if (tracking !== undefined) {
    return { kind: 'other', tool: 'argo', name: `Argo CD application ${tracking.split(':')[0] ?? ''}` };
  }
  const kustomization = labels['kustomize.toolkit.fluxcd.io/name'];
  if (kustomization !== undefined) return { kind: 'other', tool: 'flux', name: `Flux Kustomization ${kustomization}` };
  return { kind: 'none' };
}
