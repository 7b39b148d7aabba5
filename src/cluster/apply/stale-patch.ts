import type { KubeAnswer } from '../api/connection.ts';

/**
 * A JSON patch was made for another version of the object: it was changed meanwhile (409), or the patch was done already
 * and only its answer was lost, so that what it removes does not exist anymore (422). The object has to be read again.
 */
export function isStalePatch({ status }: Pick<KubeAnswer, 'status'>): boolean {
  return status === 409 || status === 422;
}
