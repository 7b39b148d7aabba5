import type { JsonObject } from '../resource/resource.ts';
import { conditionOf, generationOf, kindOf, metadataOf, numberAt, objectAt, textAt } from './fields.ts';
import { crdHealth, disruptionBudgetHealth, jobHealth, serviceHealth, volumeClaimHealth } from './kinds.ts';
import { podHealth } from './pod.ts';
import { READY } from './readiness.ts';
import type { Health, HealthContext } from './readiness.ts';
import { daemonSetHealth, deploymentHealth, replicaSetHealth, statefulSetHealth } from './workloads.ts';

/** The rules of kstatus (sigs.k8s.io/cli-utils), first those for all kinds. Unlike in kstatus, a Job is ready when it is complete, not when it runs. */
export function healthOf(object: JsonObject, context: HealthContext): Health {
  return generalHealth(object) ?? KINDS.get(kindOf(object))?.(object, context) ?? otherHealth(object);
}

const KINDS: ReadonlyMap<string, (object: JsonObject, context: HealthContext) => Health> = new Map([
  ['Deployment.apps', deploymentHealth],
  ['StatefulSet.apps', statefulSetHealth],
  ['DaemonSet.apps', daemonSetHealth],
  ['ReplicaSet.apps', replicaSetHealth],
  ['ReplicationController', replicaSetHealth],
  ['Pod', podHealth],
  ['Job.batch', jobHealth],
  ['PersistentVolumeClaim', volumeClaimHealth],
  ['Service', serviceHealth],
  ['CustomResourceDefinition.apiextensions.k8s.io', crdHealth],
  ['PodDisruptionBudget.policy', disruptionBudgetHealth],
]);

function generalHealth(object: JsonObject): Health | null {
  if (textAt(metadataOf(object), 'deletionTimestamp') !== '') {
    return { kind: 'terminating', reason: 'it is being deleted' };
  }
  const observed = numberAt(objectAt(object, 'status'), 'observedGeneration');
  if (observed !== null && observed !== generationOf(object)) {
    return { kind: 'progressing', reason: 'its controller has not observed the change yet' };
  }
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.status === 'True')
    return { kind: 'progressing', reason: describeCondition(reconciling, 'it is reconciling') };
  const stalled = conditionOf(object, 'Stalled');
  if (stalled?.status === 'True') return { kind: 'failed', reason: describeCondition(stalled, 'it is stalled') };
  return null;
}

/** Custom resources and unknown kinds are ready unless they have a Ready condition that is not True. */
function otherHealth(object: JsonObject): Health {
  const ready = conditionOf(object, 'Ready');
  if (ready === null || ready.status === 'True') return READY;
  return { kind: 'progressing', reason: describeCondition(ready, 'it is not ready') };
}

function describeCondition({ reason, message }: { reason: string; message: string }, fallback: string): string {
  const description = [reason, message].filter((part) => part !== '').join(': ');
  return description === '' ? fallback : description;
}
