import { isObject } from '../../resource/resource.ts';
import { parseJson } from '../../resource/json.ts';
import { METADATA_ONLY, notTheObject } from './metadata.ts';
import type { LiveMetadata } from '../../plan/model/facts.ts';

/** Deletes exactly this object. `bindVersion`: only if it has not changed since it was read. */
export function deleteRequest(
  path: string,
  { uid, resourceVersion }: Pick<LiveMetadata, 'uid' | 'resourceVersion'>,
  bindVersion: boolean,
) {
  const preconditions = bindVersion ? { uid, resourceVersion } : { uid };
  return {
    method: 'DELETE',
    path: `${path}?fieldManager=headgate`,
    body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions }),
    contentType: 'application/json',
    accept: METADATA_ONLY,
  } as const;
}

/**
 * The API server answers with a Status that names the uid, or with the object while it waits for its finalizers.
 * @throws DeployError `cluster-broken` for any other answer, so that an object is never forgotten that was not deleted
 */
export function confirmDeleted(
  text: string,
  { uid, subject }: { readonly uid: string; readonly subject: string },
): void {
  const answer = parseJson(text);
  const { details, metadata } = isObject(answer) ? answer : {};
  if (![details, metadata].some((named) => isObject(named) && named['uid'] === uid)) throw notTheObject(subject);
}
