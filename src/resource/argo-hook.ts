import { metadataMap } from './resource.ts';
import type { JsonObject } from './resource.ts';

const HOOK = 'argocd.argoproj.io/hook';

/** When an Argo CD hook is applied: before the other objects, with them, after them, or never. */
export interface ArgoHook {
  readonly written: string;
  readonly when: 'before' | 'with' | 'after' | 'never';
}

/** Null: no hook. What runs only after a failure or a deletion has no place in a deploy, and `Skip` opts out. */
export function argoHookOf(object: JsonObject): ArgoHook | null {
  const written = metadataMap(object, 'annotations')[HOOK];
  if (written === undefined) return null;
  const phases = new Set(written.split(',').map((phase) => phase.trim()));
  if (phases.has('PreSync')) return { written, when: 'before' };
  if (phases.has('Sync')) return { written, when: 'with' };
  return { written, when: phases.has('PostSync') ? 'after' : 'never' };
}
