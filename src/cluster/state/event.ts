import { visibleText } from '../../error/visible-text.ts';
import type { ClusterEvent } from '../../deploy/ports/cluster.ts';
import type { Target } from '../../config/checked/config.ts';
import { METADATA_ONLY } from '../api/metadata.ts';
import { parentName } from './parent.ts';

/** The API server takes at most 1,024 bytes. */
const MESSAGE_BYTES = 1000;

/** A core/v1 Event on the state object, as `kubectl describe configmap headgate-<target>` shows it. */
export function eventRequest(
  { type, reason, message }: ClusterEvent,
  { target, nowMs, parentUid }: { target: Target; nowMs: number; parentUid: string },
) {
  const name = parentName(target.name);
  const at = new Date(nowMs).toISOString();
  return {
    method: 'POST',
    path: `/api/v1/namespaces/${target.namespace}/events?fieldManager=headgate`,
    contentType: 'application/json',
    accept: METADATA_ONLY,
    body: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: `${name}.`, namespace: target.namespace },
      involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', namespace: target.namespace, name, uid: parentUid },
      type,
      reason,
      message: Buffer.from(visibleText(message))
        .subarray(0, MESSAGE_BYTES)
        .toString()
        .replace(/\uFFFD+$/, ''),
      source: { component: 'headgate' },
      reportingComponent: 'headgate',
      reportingInstance: 'headgate',
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    }),
  } as const;
}
