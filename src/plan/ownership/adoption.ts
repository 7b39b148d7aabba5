import { ownerOf } from './ownership.ts';
import type { Tool } from './ownership.ts';
import type { LiveMetadata } from '../model/facts.ts';

/** What the former owner of an adopted object left on it. */
export interface Legacy {
  /** Field managers whose fields Headgate takes over. Fields that Git does not have are removed. */
  readonly managers: readonly string[];
  /** Keys that would make the former tool still claim the object. */
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
}

const NOTHING: Legacy = { managers: [], labels: [], annotations: [] };

const LEGACIES: Readonly<Record<Tool, Legacy>> = {
  // Membership is a label that our apply overwrites; the field managers are Headgate's own or kubectl's.
  headgate: NOTHING,
  applyset: NOTHING,
  helm: {
    managers: ['helm', 'helm-controller'],
    labels: ['helm.toolkit.fluxcd.io/name', 'helm.toolkit.fluxcd.io/namespace'],
    annotations: ['meta.helm.sh/release-name', 'meta.helm.sh/release-namespace'],
  },
  argo: {
    managers: ['argocd-controller', 'argocd-application-controller'],
    labels: ['argocd.argoproj.io/instance'],
    annotations: ['argocd.argoproj.io/tracking-id', 'argocd.argoproj.io/installation-id'],
  },
  flux: {
    managers: ['kustomize-controller'],
    labels: ['kustomize.toolkit.fluxcd.io/name', 'kustomize.toolkit.fluxcd.io/namespace'],
    annotations: [],
  },
};

/** Call this only after the plan has allowed the adoption. */
export function legacyOf(live: Pick<LiveMetadata, 'labels' | 'annotations'>, applySetId: string): Legacy {
  const owner = ownerOf(live, applySetId);
  return owner.kind === 'other' ? LEGACIES[owner.tool] : NOTHING;
}
