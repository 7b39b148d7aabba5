import type { Target } from '../../config/checked/config.ts';
import { SOURCE } from '../../plan/model/body.ts';
import type { Entry } from '../../state/inventory.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import type { Connection } from '../api/connection.ts';
import type { Kind } from '../api/kinds.ts';
import { listOwned } from '../api/list.ts';
import { liveOf, seenOf } from '../api/metadata.ts';

/**
 * The inventory as the cluster's own labels tell it, for a state object that is missing: one metadata LIST per served
 * kind (and allowed namespace). Without hashes, so that everything is compared with Git again.
 */
export async function rebuild(
  kinds: readonly Kind[],
  { connection, target, applySetId }: { connection: Connection; target: Target; applySetId: string },
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  const lists = kinds.flatMap((kind) => namespacesOf(kind, target).map((namespace) => ({ kind, namespace })));
  const found = await Promise.all(
    lists.map(async (list) => {
      // What we may not list holds nothing that we could have applied.
      const items = (await listOwned(list, { connection, applySetId }, signal)) ?? [];
      return items.map((item) => entryOf(list.kind, item));
    }),
  );
  // Without a source the label was copied by a controller: not ours.
  return found.flat().filter(({ file }) => file !== '');
}

/** What the target may not own needs no look. */
function namespacesOf(kind: Kind, target: Target): readonly string[] {
  if (!kind.namespaced) return target.clusterScoped ? [''] : [];
  return target.namespaces === '*' ? [''] : target.namespaces;
}

function entryOf(kind: Kind, item: JsonObject): Entry {
  const metadata = isObject(item['metadata']) ? item['metadata'] : {};
  const { annotations } = liveOf(metadata);
  const seen = seenOf(metadata);
  const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : '';
  return {
    id: { group: kind.group, kind: kind.kind, namespace, name: textOf(metadata['name']) },
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    file: annotations[SOURCE] ?? '',
    uid: seen.uid,
    hash: null,
    managedFieldsHash: null,
    version: seen.version,
    pending: null,
  };
}
