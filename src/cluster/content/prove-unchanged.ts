import { hashManagedFields } from '../../state/managed-fields-hash.ts';
import type { Observation } from '../../plan/model/facts.ts';
import { canonicalJson, parseJson } from '../../resource/json.ts';
import { isObject } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import type { Connection } from '../api/connection.ts';

/**
 * Compares an object that a dry run seems to leave as it is with its manifest, because the dry run shows that only by two
 * clocks, and a gateway may change one. It is unchanged if it has every value of the manifest, and if applying changes
 * nothing about the fields that are Headgate's. Otherwise it is applied, which is harmless where the server only wrote a
 * value in another form.
 */
export async function proveUnchanged(
  observation: Extract<Observation, { kind: 'unchanged' }>,
  { path, body }: { readonly path: string; readonly body: JsonObject },
  { connection }: { readonly connection: Connection },
  signal: AbortSignal,
): Promise<Observation> {
  const answer = await connection.request({ method: 'GET', path }, signal);
  const live = answer.status < 300 ? parseJson(answer.text) : null;
  if (live === null || !isObject(live) || !isObject(live['metadata'])) return { ...observation, kind: 'updates' };
  const isSame =
    live['metadata']['uid'] === observation.live.uid &&
    hashManagedFields(live['metadata']) === observation.live.managedFieldsHash &&
    hasAll(live, body);
  return isSame ? observation : { ...observation, kind: 'updates' };
}

/** Has the live value every value of the desired one? The elements of a list have to be the same number, in the same order. */
export function hasAll(live: Json | undefined, desired: Json): boolean {
  if (desired === null) return live === undefined || live === null;
  if (live === undefined) return false;
  if (Array.isArray(desired)) {
    return (
      Array.isArray(live) && live.length === desired.length && desired.every((each, index) => hasAll(live[index], each))
    );
  }
  if (isObject(desired))
    return isObject(live) && Object.entries(desired).every(([key, value]) => hasAll(live[key], value));
  return canonicalJson(live) === canonicalJson(desired);
}
