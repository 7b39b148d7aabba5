import { isNamespace } from '../../config/written/names.ts';
import type { DeployedObject } from './imported.ts';
import type { Fields } from './foreign-object.ts';

/**
 * Where a target may deploy: the namespaces that its objects are in. What is not known is not limited, as in the other
 * tool. `own`: the namespace of objects that name none.
 */
export function placement(objects: readonly DeployedObject[] | null, own: string | null): Fields {
  if (objects === null) return { namespace: own ?? 'default', namespaces: ['*'], clusterScoped: true };
  const used = new Set(objects.flatMap(({ namespace }) => (namespace === null ? [] : [namespace])));
  const valid = [...used].filter(isNamespace).toSorted();
  const namespace = own ?? valid[0] ?? 'default';
  const others = valid.filter((each) => each !== namespace);
  return {
    namespace,
    ...(others.length === 0 ? {} : { namespaces: [namespace, ...others] }),
    ...(objects.some(({ isClusterScoped }) => isClusterScoped) ? { clusterScoped: true } : {}),
  };
}
