import type { Target } from '../../config/checked/config.ts';
import type { Entry } from '../../state/inventory.ts';
import { formatKind } from '../../resource/kind-order.ts';
import { ownerOf } from './ownership.ts';
import type { LiveMetadata } from '../model/facts.ts';

export type PruneVerdict =
  /** `isReleased`: this target has removed its label already. */
  | { readonly kind: 'prune'; readonly isReleased?: true }
  | { readonly kind: 'gone' }
  /** The object stays in the cluster. `forget`: it also leaves the inventory. `isInUse`: for what would go with it. */
  | { readonly kind: 'keep'; readonly reason: string; readonly forget: boolean; readonly isInUse?: true };

export interface PruneRule {
  readonly target: Target;
  readonly applySetId: string;
  /** The files that were read. */
  readonly touched: Pick<ReadonlySet<string>, 'has'>;
}

/** Kinds whose deletion also deletes data or other people's objects. */
const PROTECTED: ReadonlySet<string> = new Set([
  'Namespace',
  'CustomResourceDefinition.apiextensions.k8s.io',
  'PersistentVolume',
  'PersistentVolumeClaim',
]);

/** Decides whether an object that left Git is deleted. Judge the live object, right before the delete. */
export function judgePrune(
  entry: Entry,
  live: LiveMetadata | null,
  { target, applySetId, touched }: PruneRule,
): PruneVerdict {
  if (live === null) return { kind: 'gone' };
  if (live.deletionTimestamp !== null) return { kind: 'gone' };
  if (entry.uid !== null && entry.uid !== live.uid) {
    return { kind: 'keep', reason: 'it was deleted and created again outside Headgate', forget: true };
  }
  const owner = ownerOf(live, applySetId);
  // This target removed the label itself, and no other one has taken the object over.
  if (owner.kind === 'none' && entry.releasedTo !== null)
    return keepMark(live) ?? protectedKind(entry, live, target) ?? { kind: 'prune', isReleased: true };
  if (owner.kind !== 'us') {
    const claim =
      owner.kind === 'other' ? `it belongs to ${owner.name}` : 'its label applyset.kubernetes.io/part-of was removed';
    return { kind: 'keep', reason: claim, forget: true };
  }
  // The label alone proves little: controllers copy labels to what they create.
  if (owner.source === null)
    return { kind: 'keep', reason: 'it has no headgate.dev/source, so the label was copied', forget: true };
  // No touched file defines it anymore, but an unread file might.
  if (!touched.has(owner.source))
    return { kind: 'keep', reason: `it comes from ${owner.source}, which this run did not read`, forget: false };
  return keepMark(live) ?? protectedKind(entry, live, target) ?? { kind: 'prune' };
}

/** Are other objects deleted with it? Then it is kept for them, too (contents-rule.ts). */
export function hasContents({ id }: Pick<Entry, 'id'>): boolean {
  return formatKind(id) === 'Namespace' || formatKind(id) === 'CustomResourceDefinition.apiextensions.k8s.io';
}

function keepMark({ annotations }: LiveMetadata): PruneVerdict | null {
  const marks: readonly (readonly [string, (value: string) => boolean])[] = [
    ['headgate.dev/prune', (value) => value === 'false'],
    ['headgate.dev/apply', (value) => value === 'ignore'],
    ['helm.sh/resource-policy', (value) => value === 'keep'],
    ['argocd.argoproj.io/sync-options', (value) => /(^|,)\s*(Prune|Delete)=false/.test(value)],
    ['client.lifecycle.config.k8s.io/deletion', (value) => value === 'detach'],
    ['cli-utils.sigs.k8s.io/on-remove', (value) => value === 'keep'],
    ['kustomize.toolkit.fluxcd.io/prune', (value) => value.toLowerCase() === 'disabled'],
  ];
  const mark = marks.find(([key, means]) => means(annotations[key] ?? ''));
  if (mark === undefined) return null;
  return { kind: 'keep', reason: `it is annotated ${mark[0]}: ${annotations[mark[0]] ?? ''}`, forget: false };
}

export function protectedKind(
  entry: Pick<Entry, 'id'>,
  live: Pick<LiveMetadata, 'annotations'>,
  target: Target,
): PruneVerdict | null {
  const kind = formatKind(entry.id);
  if (!PROTECTED.has(kind) || target.prune.kinds.includes(entry.id.kind)) return null;
  if (live.annotations['headgate.dev/prune'] === 'true') return null;
  return { kind: 'keep', reason: `${entry.id.kind} is a protected kind (prune.kinds allows it)`, forget: false };
}
