import { metadataMap } from '../resource/resource.ts';
import type { JsonObject } from '../resource/resource.ts';
import { kindOf, metadataOf, objectAt, objectsAt, textAt } from './fields.ts';
import type { Health } from './readiness.ts';
import { stuckReason } from './pod.ts';

export interface Children {
  /** For a Deployment; empty for other kinds. May include those of other Deployments. */
  readonly replicaSets: readonly JsonObject[];
  readonly pods: readonly JsonObject[];
}

const REVISION = 'deployment.kubernetes.io/revision';

/** The health of a workload, or `failed` when a pod of the revision being rolled out is stuck. Older pods do not count. */
export function withPods(health: Health, workload: JsonObject, children: Children): Health {
  if (health.kind !== 'progressing') return health;
  const stuck = newestPods(workload, children)
    .map((pod) => stuckReason(pod))
    .find((reason) => reason !== null);
  return stuck === undefined || stuck === null ? health : { kind: 'failed', reason: stuck };
}

function newestPods(workload: JsonObject, { replicaSets, pods }: Children): readonly JsonObject[] {
  const alive = pods.filter((pod) => textAt(metadataOf(pod), 'deletionTimestamp') === '');
  switch (kindOf(workload)) {
    case 'Deployment.apps': {
      const revision = metadataMap(workload, 'annotations')[REVISION];
      const newest = replicaSets.find(
        (each) => isOwnedBy(each, workload) && metadataMap(each, 'annotations')[REVISION] === revision,
      );
      return newest === undefined || revision === undefined ? [] : alive.filter((pod) => isOwnedBy(pod, newest));
    }
    case 'StatefulSet.apps': {
      const revision = textAt(objectAt(workload, 'status'), 'updateRevision');
      return alive.filter((pod) => isOwnedBy(pod, workload) && isOfRevision(pod, revision));
    }
    case 'DaemonSet.apps': {
      const own = alive.filter((pod) => isOwnedBy(pod, workload));
      return own.filter((pod) => isOfTemplate(pod, workload));
    }
    default:
      return alive.filter((pod) => isOwnedBy(pod, workload));
  }
}

function isOwnedBy(object: JsonObject, owner: JsonObject): boolean {
  const uid = textAt(metadataOf(owner), 'uid');
  return objectsAt(metadataOf(object), 'ownerReferences').some((each) => each['uid'] === uid);
}

function isOfRevision(pod: JsonObject, revision: string): boolean {
  return metadataMap(pod, 'labels')['controller-revision-hash'] === revision;
}

/** A DaemonSet's status does not have its newest revision, but its controller still writes the template's generation. */
function isOfTemplate(pod: JsonObject, daemonSet: JsonObject): boolean {
  const written = metadataMap(pod, 'labels')['pod-template-generation'];
  const generation = metadataMap(daemonSet, 'annotations')['deprecated.daemonset.template.generation'];
  return written === undefined || generation === undefined || written === generation;
}
