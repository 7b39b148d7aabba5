import type { ListedInventory } from '../../deploy/ports/cluster.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Entry } from '../../state/inventory.ts';
import { formatKind } from '../../resource/kind-order.ts';
import type { Listed } from '../../state/suspect.ts';
import { formatId, isObject, textOf } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { entriesOf, readInventory } from './inventory-store.ts';
import { silentApi } from '../api/kinds.ts';
import type { Kind } from '../api/kinds.ts';
import { listOwned } from '../api/list.ts';
import { liveOf, seenOf } from '../api/metadata.ts';
import { applySetId } from './parent.ts';
import { ensureKindsKnown } from '../api/owned.ts';
import type { Parent } from './parent.ts';
import type { ClusterRun } from './run.ts';
import type { StateStore } from './state-store.ts';

interface ListContext extends Pick<ClusterRun, 'connection' | 'kinds' | 'target'> {
  readonly store: StateStore;
}

/** One metadata list per kind that the target owns. Null if a shard of the inventory is missing. */
export async function listInventory(
  { state }: Parent,
  context: ListContext,
  signal: AbortSignal,
): Promise<ListedInventory | null> {
  const inventory = await readInventory(
    state.inventory,
    { files: 'all', have: null },
    { store: context.store, signal },
  );
  if (inventory === null) return null;
  const entries = entriesOf(inventory);
  await ensureKindsKnown(entries, context, signal);
  const byKind = Map.groupBy(entries, ({ id }) => formatKind(id));
  const lists = await Promise.all([...byKind.values()].map((members) => listKind(members, context, signal)));
  return {
    entries: lists.flatMap((list) => list.entries),
    listed: new Map(lists.flatMap((list) => list.listed)),
    groupKinds: [...byKind.keys()].toSorted(),
    namespaces: [...new Set(entries.map(({ id }) => id.namespace))]
      .filter((namespace) => namespace !== '' && namespace !== context.target.namespace)
      .toSorted(),
    problems: lists.flatMap((list) => list.problems),
  };
}

interface KindList {
  readonly entries: readonly Entry[];
  readonly listed: readonly (readonly [string, Listed])[];
  readonly problems: readonly Problem[];
}

async function listKind(members: readonly Entry[], context: ListContext, signal: AbortSignal): Promise<KindList> {
  const [first] = members;
  const kind =
    first === undefined ? null : context.kinds.findAny({ apiVersion: first.apiVersion, kind: first.id.kind });
  if (kind === null) return listUnknown(members, first, context);
  const namespaces = [...new Set(members.map(({ id }) => id.namespace))];
  const lists = await listNamespaces(kind, namespaces, context, signal);
  const refused = new Set(lists.filter(({ items }) => items === null).map(({ namespace }) => namespace));
  return {
    entries: members.filter(({ id }) => !refused.has(id.namespace)),
    listed: lists.flatMap(({ items }) => (items ?? []).map((item) => listedOf(kind, item))),
    problems: [...refused].map((namespace) => forbiddenList(kind, namespace)),
  };
}

/** The definition is gone, and every object with it, or the server of the API does not answer. */
function listUnknown(members: readonly Entry[], first: Entry | undefined, { kinds }: ListContext): KindList {
  if (first === undefined || !kinds.isSilent(first)) return { entries: members, listed: [], problems: [] };
  return { entries: [], listed: [], problems: [silentApi(first.apiVersion, formatKind(first.id))] };
}

interface NamespaceList {
  readonly namespace: string;
  readonly items: readonly JsonObject[] | null;
}

/** One list over all namespaces if that is allowed and more than one is needed; otherwise one list each. */
async function listNamespaces(
  kind: Kind,
  namespaces: readonly string[],
  { connection, target }: ListContext,
  signal: AbortSignal,
): Promise<readonly NamespaceList[]> {
  const list = (namespace: string) =>
    listOwned({ kind, namespace }, { connection, applySetId: applySetId(target) }, signal);
  const everywhere = namespaces.length > 1 ? await list('') : null;
  if (everywhere !== null) return [{ namespace: '', items: everywhere }];
  return Promise.all(namespaces.map(async (namespace) => ({ namespace, items: await list(namespace) })));
}

function listedOf(kind: Kind, item: JsonObject): readonly [string, Listed] {
  const metadata = isObject(item['metadata']) ? item['metadata'] : {};
  const { uid, version, managedFieldsHash } = seenOf(metadata, item['status']);
  const id = {
    group: kind.group,
    kind: kind.kind,
    namespace: textOf(metadata['namespace']),
    name: textOf(metadata['name']),
  };
  return [formatId(id), { uid, version, managedFieldsHash, isDeleting: liveOf(metadata).deletionTimestamp !== null }];
}

function forbiddenList({ group, plural }: Kind, namespace: string): Problem {
  return {
    code: 'manifest-forbidden',
    subject: namespace === '' ? plural : `${plural} in ${namespace}`,
    message: 'drift cannot be detected: listing is forbidden',
    remedy: `Grant Headgate's user a Role with verbs [list], resources [${plural}], apiGroups ["${group}"], or set drift: off.`,
  };
}
