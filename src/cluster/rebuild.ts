import type { Target } from '../config/config.ts';
import { SOURCE } from '../plan/body.ts';
import type { Entry } from '../plan/inventory.ts';
import { parseJson } from '../resource/json.ts';
import { isObject, textOf } from '../resource/resource.ts';
import type { Connection } from './connection.ts';
import { collectionPath } from './kinds.ts';
import type { Kind } from './kinds.ts';
import { METADATA_LIST, liveOf, seenOf } from './metadata.ts';
import { problemOf } from './status.ts';

const PAGE = 500;

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
  const found = await Promise.all(lists.map((list) => listOwned(list, { connection, applySetId }, signal)));
  // Without a source the label was copied by a controller: not ours.
  return found.flat().filter(({ file }) => file !== '');
}

/** What the target may not own needs no look. */
function namespacesOf(kind: Kind, target: Target): readonly string[] {
  if (!kind.namespaced) return target.clusterScoped ? [''] : [];
  return target.namespaces === '*' ? [''] : target.namespaces;
}

async function listOwned(
  { kind, namespace }: { kind: Kind; namespace: string },
  { connection, applySetId }: { connection: Connection; applySetId: string },
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  const path = `${collectionPath(kind, namespace)}?labelSelector=applyset.kubernetes.io%2Fpart-of%3D${applySetId}&limit=${PAGE}`;
  const entries: Entry[] = [];
  for (let next = ''; ;) {
    const answer = await connection.request({ method: 'GET', path: path + next, accept: METADATA_LIST }, signal);
    // Kinds that cannot be listed, or not by us, hold nothing that we could have applied.
    if ([403, 404, 405].includes(answer.status)) return entries;
    if (answer.status >= 300) throw problemOf(answer, { subject: kind.kind, secret: false });
    const list = parseJson(answer.text);
    const items = isObject(list) && Array.isArray(list['items']) ? list['items'] : [];
    entries.push(
      ...items
        .filter((item) => isObject(item))
        .map((item) => entryOf(kind, isObject(item['metadata']) ? item['metadata'] : {})),
    );
    const token = isObject(list) && isObject(list['metadata']) ? list['metadata']['continue'] : undefined;
    if (typeof token !== 'string' || token === '') return entries;
    next = `&continue=${encodeURIComponent(token)}`;
  }
}

function entryOf(kind: Kind, metadata: Parameters<typeof liveOf>[0]): Entry {
  const { annotations } = liveOf(metadata);
  const seen = seenOf(metadata);
  const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : '';
  return {
    id: { group: kind.group, kind: kind.kind, namespace, name: textOf(metadata['name']) },
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    file: annotations[SOURCE] ?? '',
    uid: seen.uid,
    hash: null,
    marks: null,
    version: seen.version,
    pending: null,
  };
}
