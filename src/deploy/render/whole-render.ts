import type { Applied } from '../../state/target-state.ts';
import type { GivenRenderer } from '../../desired/plain/given-renderer.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import type { Source, TreeAt } from '../../snapshot/source.ts';
import type { World } from '../ports/world.ts';

/** What renders a target. */
export type ChosenRenderer =
  | { readonly kind: 'plain' }
  | { readonly kind: 'kustomize' }
  | { readonly kind: 'helm' }
  | { readonly kind: 'given'; readonly by: GivenRenderer };

/** The result of rendering a kustomization or chart. */
export interface Built {
  readonly desired: Desired;
  readonly inputs: Source['inputs'];
  /** The digest of a pulled chart. */
  readonly digest: string | null;
}

export interface BuildContext {
  readonly tree: TreeAt;
  readonly applied: Applied;
  readonly world: Pick<World, 'target' | 'git' | 'tools' | 'readers' | 'dataKeys'> & {
    readonly cluster: Pick<World['cluster'], 'capabilities'>;
  };
}
