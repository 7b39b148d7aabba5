import { parseJson } from '../../resource/json.ts';
import { isObject } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { runsOnce } from '../../state/finished.ts';
import type { Connection, KubeAnswer } from './connection.ts';
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
  const path = `${collectionPath(kind, namespace)}?labelSelector=applyset.kubernetes.io%2Fpart-of%3D${applySetId}`;
  const accept = runsOnce(kind) ? 'application/json' : METADATA_LIST;
  const { found, refusal } = await listAll({ path: `${path}&`, accept }, connection, signal);
  // 404: the kind is not served, so there are no objects.
  if (refusal === null || refusal.status === 404) return found;
  if (refusal.status === 403 || refusal.status === 405) return null;
  throw await problemOf(refusal, { subject: kind.kind, secret: false });
}

/** Page by page, until the end or a response that is not a list. `path` ends with `?` or `&`. */
export async function listAll(
  { path, accept }: { readonly path: string; readonly accept: string },
  connection: Connection,
  signal: AbortSignal,
): Promise<{ readonly found: readonly JsonObject[]; readonly refusal: KubeAnswer | null }> {
  const found: JsonObject[] = [];
  for (let next = ''; ;) {
    const answer = await connection.request({ method: 'GET', path: `${path}limit=${PAGE}${next}`, accept }, signal);
    if (answer.status >= 300) return { found, refusal: answer };
    const list = parseJson(answer.text);
    const items = isObject(list) && Array.isArray(list['items']) ? list['items'] : [];
    for (const item of items) if (isObject(item)) found.push(item);
    const token = isObject(list) && isObject(list['metadata']) ? list['metadata']['continue'] : undefined;
    if (typeof token !== 'string' || token === '') return { found, refusal: null };
    next = `&continue=${encodeURIComponent(token)}`;
  }
}
