import { isObject } from '../../resource/resource.ts';
import type { Json, Resource } from '../../resource/resource.ts';
import type { FieldChange } from './field-changes.ts';

const ROLLING: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

/** Do the controllers of apps/v1 replace pods when these fields change? */
export function restartsPods({ id, object }: Pick<Resource, 'id' | 'object'>, fields: readonly FieldChange[]): boolean {
  if (id.group !== 'apps' || !ROLLING.has(id.kind) || waitsForPerson(object['spec'])) return false;
  return fields.some(({ path }) => path === '.spec.template' || /^\.spec\.template[.[]/.test(path));
}

function waitsForPerson(spec: Json | undefined): boolean {
  if (!isObject(spec)) return false;
  const { updateStrategy, paused } = spec;
  return paused === true || (isObject(updateStrategy) && updateStrategy['type'] === 'OnDelete');
}
