import type { JsonObject } from '../resource/resource.ts';
import { conditionOf, metadataOf, objectAt, objectsAt, textAt } from './fields.ts';
import { READY } from './readiness.ts';
import type { Health, HealthContext } from './readiness.ts';

/** A pod may become schedulable at any moment, when another pod ends or a node is added. */
const UNSCHEDULABLE_MS = 15_000;

/** Waiting reasons that waiting does not resolve: the image, the configuration or the program itself is broken. */
const STUCK: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
]);

export function podHealth(pod: JsonObject, { nowMs }: Pick<HealthContext, 'nowMs'>): Health {
  const phase = textAt(objectAt(pod, 'status'), 'phase');
  // A pod that ended, successfully or not, does not change again.
  if (phase === 'Succeeded' || phase === 'Failed') return READY;
  const stuck = stuckReason(pod);
  if (stuck !== null) return { kind: 'failed', reason: stuck };
  if (phase === 'Running' && conditionOf(pod, 'Ready')?.status === 'True') return READY;
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    const sinceMs = Date.parse(scheduled.since === '' ? textAt(metadataOf(pod), 'creationTimestamp') : scheduled.since);
    const isLong = nowMs - sinceMs > UNSCHEDULABLE_MS;
    return { kind: isLong ? 'failed' : 'progressing', reason: `Unschedulable: ${scheduled.message}` };
  }
  return {
    kind: 'progressing',
    reason: phase === 'Running' ? 'its containers are not ready' : 'it is not running yet',
  };
}

/** `ImagePullBackOff ghcr.io/acme/web:2: Back-off pulling image …`; null while no container is stuck. */
export function stuckReason(pod: JsonObject): string | null {
  const status = objectAt(pod, 'status');
  const containers = ['initContainerStatuses', 'containerStatuses'].flatMap((key) => objectsAt(status, key));
  for (const container of containers) {
    const waiting = objectAt(objectAt(container, 'state'), 'waiting');
    const reason = textAt(waiting, 'reason');
    if (!STUCK.has(reason)) continue;
    const message = textAt(waiting, 'message');
    return `${reason} ${imageOf(pod, container)}${message === '' ? '' : `: ${message}`}`;
  }
  return null;
}

/** From the spec: in the status, a kubelet may use another name for the same image, or none. */
function imageOf(pod: JsonObject, container: JsonObject): string {
  const spec = objectAt(pod, 'spec');
  const written = ['initContainers', 'containers']
    .flatMap((key) => objectsAt(spec, key))
    .find((each) => each['name'] === container['name']);
  return textAt(written ?? container, 'image');
}
