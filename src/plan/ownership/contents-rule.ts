import { formatKind } from '../../resource/kind-order.ts';
import { compareText, formatId } from '../../resource/resource.ts';
import type { ResourceId } from '../../resource/resource.ts';
import type { Entry } from '../../state/inventory.ts';
import type { LiveMetadata } from '../model/facts.ts';
import { judgePrune } from './prune-rule.ts';
import type { PruneRule, PruneVerdict } from './prune-rule.ts';

/** An object that would be deleted with the Namespace that it is in, or with the definition of its kind. */
export interface ContainedObject {
  readonly id: ResourceId;
  readonly live: LiveMetadata;
  /** The uid of its controller. */
  readonly controller: string | null;
}

export interface Contents {
  readonly found: readonly ContainedObject[];
  /** What could not be listed, and why. It is never taken for empty. */
  readonly unlisted: readonly string[];
}

export interface ContentsRule extends PruneRule {
  /** What the same run deletes, or has deleted. */
  readonly removed: readonly Entry[];
  /** What the same run writes into it. */
  readonly written: readonly ResourceId[];
  /** The name of a state object that is deleted too, with its shards. */
  readonly removedState: string | null;
}

/** What Kubernetes itself writes into every namespace, or for every pod and service. */
const AUTOMATIC_KINDS: ReadonlySet<string> = new Set([
  'Event',
  'Event.events.k8s.io',
  'Lease.coordination.k8s.io',
  'Endpoints',
  'EndpointSlice.discovery.k8s.io',
]);

export function isAutomaticKind(kind: Pick<ResourceId, 'group' | 'kind'>): boolean {
  return AUTOMATIC_KINDS.has(formatKind(kind));
}

/** Decides whether a Namespace or a definition that left Git may be deleted with everything in it. */
export function judgeContents({ id }: Pick<Entry, 'id'>, contents: Contents, rule: ContentsRule): PruneVerdict {
  const keepers = contents.found.filter((content) => isKeeper(id, content, rule)).map((content) => content.id);
  const names = [...new Set([...keepers, ...rule.written].map((keeper) => formatId(keeper)))].toSorted(compareText);
  const verdict = (reason: string) => ({ kind: 'keep', reason, forget: false, isInUse: true }) as const;
  if (names.length > 0) return verdict(`${whereOf(id, names.length)}: ${firstOf(names)}`);
  const { unlisted } = contents;
  return unlisted.length === 0
    ? { kind: 'prune' }
    : verdict(`not everything in it can be listed: ${firstOf(unlisted)}`);
}

function isKeeper(container: ResourceId, { id, live, controller }: ContainedObject, rule: ContentsRule): boolean {
  if (live.deletionTimestamp !== null || isAutomatic(id) || isRemovedState(id, rule)) return false;
  // The owner of an object in a namespace is in the namespace too. The owner of a custom resource has another kind.
  const goesWithOwner =
    container.kind === 'Namespace' ? controller !== null : rule.removed.some(({ uid }) => uid === controller);
  if (controller !== null && goesWithOwner) return false;
  const entry = rule.removed.find(({ uid, id: known }) => uid === live.uid || formatId(known) === formatId(id));
  return entry === undefined || judgePrune(entry, live, rule).kind !== 'prune';
}

function isAutomatic({ group, kind, name }: ResourceId): boolean {
  if (group !== '') return false;
  return (kind === 'ServiceAccount' && name === 'default') || (kind === 'ConfigMap' && name === 'kube-root-ca.crt');
}

function isRemovedState({ kind, namespace, name }: ResourceId, { removedState, target }: ContentsRule): boolean {
  if (removedState === null || kind !== 'ConfigMap' || namespace !== target.namespace) return false;
  return name === removedState || name.startsWith(`${removedState}.`);
}

function whereOf({ kind }: ResourceId, count: number): string {
  const objects = count === 1 ? '1 object' : `${count} objects`;
  return kind === 'Namespace'
    ? `it still contains ${objects}`
    : `${objects} of its kind still exist${count === 1 ? 's' : ''}`;
}

function firstOf(names: readonly string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
}
