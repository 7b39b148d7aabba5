import { metadataMap } from '../../resource/resource.ts';
import { isHeadgateState, listConfigMaps, locationOf } from './other-targets.ts';
import type { ClusterRun } from './run.ts';

/** The state of a generated target, as far as its metadata shows. */
export interface GeneratedTargetState {
  readonly name: string;
  readonly repository: string;
  readonly directory: string;
}

/** Sends one metadata list. Null: listing is forbidden. */
export async function listGeneratedTargets(
  context: Pick<ClusterRun, 'connection' | 'target'>,
  signal: AbortSignal,
): Promise<readonly GeneratedTargetState[] | null> {
  const selector = `labelSelector=${encodeURIComponent('applyset.kubernetes.io/id')}`;
  const parents = await listConfigMaps(context.target.namespace, selector, context, signal);
  if (parents === null) return null;
  return parents
    .filter((parent) => isHeadgateState(parent))
    .flatMap((parent) => {
      const annotations = metadataMap(parent, 'annotations');
      const directory = annotations['headgate.dev/directory'];
      if (directory === undefined) return [];
      return [{ name: locationOf(parent).name, repository: annotations['headgate.dev/repository'] ?? '', directory }];
    });
}
