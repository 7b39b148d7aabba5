import { METADATA_ONLY } from './metadata.ts';
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
