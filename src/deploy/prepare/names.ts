import type { AwaitedObject } from '../../health/needs-readiness.ts';

export function namesOf(objects: readonly AwaitedObject[]): readonly string[] {
  return objects.map(({ id }) => `${id.kind} ${id.namespace === '' ? '' : `${id.namespace}/`}${id.name}`);
}
