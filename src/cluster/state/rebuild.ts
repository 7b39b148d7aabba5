import type { Target } from '../../config/checked/config.ts';
import { SOURCE } from '../../plan/model/body.ts';
import type { Entry } from '../../state/inventory.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import type { Connection } from '../api/connection.ts';
import { apiVersionOf } from '../api/kinds.ts';
import type { Kind } from '../api/kinds.ts';
import { listOwned } from '../api/list.ts';
import { liveOf, seenOf } from '../api/metadata.ts';

/**
 * Rebuilds a missing inventory from the labels in the cluster: one metadata LIST per served kind (and allowed namespace).
 * It has no hashes, so everything is compared with Git again.
 */
export async function rebuild(
  kinds: readonly Kind[],
  { connection, target, applySetId }: { connection: Connection; target: Target; applySetId: string },
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  const lists = kinds.flatMap((kind) => namespacesOf(kind, target).map((namespace) => ({ kind, namespace })));
  const found = await Promise.all(
    lists.map(async (list) => {
      // Nothing can have been applied where listing is forbidden.
      const items = (await listOwned(list, { connection, applySetId }, signal)) ?? [];
      return items.map((item) => entryOf(list.kind, item));
    }),
  );
  // Without a source, a controller copied the label: Headgate does not own the object.
  return found.flat().filter(({ file }) => file !== '');
}

/** Skips scopes in which the target may not own objects. */
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
    apiVersion: apiVersionOf(kind),
    file: annotations[SOURCE] ?? '',
    uid: seen.uid,
    hash: null,
    managedFieldsHash: null,
    version: seen.version,
    pending: null,
    releasedTo: null,
  };
}
