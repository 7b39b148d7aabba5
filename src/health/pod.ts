import type { JsonObject } from '../resource/resource.ts';
import { conditionOf, metadataOf, objectAt, objectsAt, textAt } from './fields.ts';
import { READY } from './readiness.ts';
import type { Health, HealthContext } from './readiness.ts';

/** A scheduler that has no place may get one at once: another pod ends, a node comes. */
const UNSCHEDULABLE_MS = 15_000;

/** What a kubelet says when a container will not start by waiting: the image, its configuration, or the program itself. */
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
  // Whether it ended well or not: it does not come to anything else any more.
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
  return { kind: 'progressing', reason: phase === 'Running' ? 'its containers are not ready' : 'it does not run yet' };
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

/** As it is written in the spec: a kubelet may have put another name of the same image into the status, or none. */
function imageOf(pod: JsonObject, container: JsonObject): string {
  const spec = objectAt(pod, 'spec');
  const written = ['initContainers', 'containers']
    .flatMap((key) => objectsAt(spec, key))
    .find((each) => each['name'] === container['name']);
  return textAt(written ?? container, 'image');
}
