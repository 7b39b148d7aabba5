import { isObject } from '../../resource/resource.ts';
import type { ResourceId } from '../../resource/resource.ts';
import type { Candidate } from '../model/facts.ts';

/** A new definition may change the schema, so it may also lift the refusal of a field. */
export function definesKind(
  { resource }: Pick<Candidate, 'resource'>,
  id: Pick<ResourceId, 'group' | 'kind'>,
): boolean {
  const spec = resource.object['spec'];
  if (!isObject(spec) || spec['group'] !== id.group) return false;
  const names = spec['names'];
  return isObject(names) && names['kind'] === id.kind;
}
