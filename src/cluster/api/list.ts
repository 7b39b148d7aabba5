import { parseJson } from '../../resource/json.ts';
import { isObject } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { runsOnce } from '../../state/finished.ts';
import type { Connection } from './connection.ts';
import { collectionPath } from './kinds.ts';
import type { Kind } from './kinds.ts';
import { METADATA_LIST } from './metadata.ts';
import { problemOf } from './status.ts';

/** Enough for nearly every fleet in one response, which still fits into memory and the request timeout (0.6 KB each). */
const PAGE = 20_000;

/**
 * The metadata of the objects of one kind in an ApplySet; Jobs and Pods include their status. `namespace`: '' for all.
 * Null: listing is forbidden.
 */
export async function listOwned(
  { kind, namespace }: { kind: Kind; namespace: string },
  { connection, applySetId }: { connection: Connection; applySetId: string },
  signal: AbortSignal,
): Promise<readonly JsonObject[] | null> {
  const path = `${collectionPath(kind, namespace)}?labelSelector=applyset.kubernetes.io%2Fpart-of%3D${applySetId}&limit=${PAGE}`;
  const accept = runsOnce(kind) ? 'application/json' : METADATA_LIST;
  const found: JsonObject[] = [];
  for (let next = ''; ;) {
    const answer = await connection.request({ method: 'GET', path: path + next, accept }, signal);
    // The kind is not served, so there are no objects.
    if (answer.status === 404) return found;
    if (answer.status === 403 || answer.status === 405) return null;
    if (answer.status >= 300) throw await problemOf(answer, { subject: kind.kind, secret: false });
    const list = parseJson(answer.text);
    const items = isObject(list) && Array.isArray(list['items']) ? list['items'] : [];
    for (const item of items) if (isObject(item)) found.push(item);
    const token = isObject(list) && isObject(list['metadata']) ? list['metadata']['continue'] : undefined;
    if (typeof token !== 'string' || token === '') return found;
    next = `&continue=${encodeURIComponent(token)}`;
  }
}
