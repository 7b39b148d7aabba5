import type { BlockedTarget } from '../../deploy/ports/cluster.ts';
import type { Lifted } from '../../plan/planner/lifted.ts';
import { metadataMap } from '../../resource/resource.ts';
import { isHeadgateState, listConfigMaps, locationOf } from './other-targets.ts';
import { ERRORS, readList } from './parent.ts';
import type { ClusterRun } from './run.ts';

/** Refusals that another target can lift: by what it creates, changes, deletes or releases. */
const LIFTABLE: ReadonlySet<string> = new Set([
  'foreign-owner',
  'target-moved',
  'namespace-missing',
  'kind-unknown',
  'manifest-forbidden',
  'delete-first',
]);

/** The targets of this cluster whose last run was refused for such a reason, by one metadata list. */
export async function listBlockedTargets(
  { ofContent }: Lifted,
  context: Pick<ClusterRun, 'connection' | 'target'>,
  signal: AbortSignal,
): Promise<readonly BlockedTarget[]> {
  const isLiftable = (code: string) => LIFTABLE.has(code) || (ofContent === true && code === 'manifest-rejected');
  const selector = `labelSelector=${encodeURIComponent('applyset.kubernetes.io/id')}`;
  const parents =
    (await listConfigMaps('', selector, context, signal)) ??
    (await listConfigMaps(context.target.namespace, selector, context, signal)) ??
    [];
  return parents
    .filter((parent) => isHeadgateState(parent))
    .map((parent) => ({ location: locationOf(parent), annotations: metadataMap(parent, 'annotations') }))
    .filter(({ annotations }) => readList(annotations[ERRORS]).some((code) => isLiftable(code)))
    .map(({ location, annotations }) => ({
      ...location,
      repository: annotations['headgate.dev/repository'] ?? '',
      directory: annotations['headgate.dev/directory'] ?? null,
    }));
}
