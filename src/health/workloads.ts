import type { JsonObject } from '../resource/resource.ts';
import { conditionOf, generationOf, numberAt, objectAt, textAt } from './fields.ts';
import { READY, progressing } from './readiness.ts';
import type { Health } from './readiness.ts';

export function deploymentHealth(object: JsonObject): Health {
  const spec = objectAt(object, 'spec');
  const progress = conditionOf(object, 'Progressing');
  if (progress?.status === 'False' && progress.reason === 'ProgressDeadlineExceeded') {
    return { kind: 'failed', reason: `ProgressDeadlineExceeded: ${progress.message}` };
  }
  if (spec['paused'] === true) return progressing('its rollout is paused');
  const wanted = numberAt(spec, 'replicas') ?? 1;
  const { replicas, updated, available, ready } = countsOf(object);
  const missing =
    tooFew(replicas, wanted, 'replicas created') ??
    tooFew(updated, wanted, 'replicas updated') ??
    tooMany(replicas, wanted) ??
    tooFew(available, updated, 'replicas available') ??
    tooFew(ready, wanted, 'replicas ready');
  if (missing !== null) return missing;
  const hasDeadline = numberAt(spec, 'progressDeadlineSeconds') !== null;
  const isRolledOut = progress?.status === 'True' && progress.reason === 'NewReplicaSetAvailable';
  if (hasDeadline && !isRolledOut) return progressing('its new ReplicaSet is not available');
  return conditionOf(object, 'Available')?.status === 'True' ? READY : progressing('it is not available');
}

/** A StatefulSet never reports a failure: only a timeout reveals it. */
export function statefulSetHealth(object: JsonObject): Health {
  const spec = objectAt(object, 'spec');
  const status = objectAt(object, 'status');
  const strategy = objectAt(spec, 'updateStrategy');
  // Its pods are updated only when they are deleted.
  if (strategy['type'] === 'OnDelete') return READY;
  const wanted = numberAt(spec, 'replicas') ?? 1;
  const { replicas, updated, ready } = countsOf(object);
  const missing =
    tooFew(replicas, wanted, 'replicas created') ??
    tooFew(ready, wanted, 'replicas ready') ??
    tooMany(replicas, wanted) ??
    (object['status'] === undefined ? progressing('it has no status yet') : null);
  if (missing !== null) return missing;
  const partition = numberAt(objectAt(strategy, 'rollingUpdate'), 'partition');
  if (partition !== null && partition > 0) return tooFew(updated, wanted - partition, 'replicas updated') ?? READY;
  const current = numberAt(status, 'currentReplicas') ?? 0;
  if (current < wanted) return progressing(`${current} of ${wanted} replicas current`);
  const isOneRevision = textAt(status, 'currentRevision') === textAt(status, 'updateRevision');
  return isOneRevision ? READY : progressing('its rolling update is in progress');
}

export function daemonSetHealth(object: JsonObject): Health {
  const status = objectAt(object, 'status');
  const wanted = numberAt(status, 'desiredNumberScheduled');
  const isObserved = generationOf(object) !== null && numberAt(status, 'observedGeneration') !== null;
  if (!isObserved || wanted === null) return progressing('its controller has not observed it yet');
  const count = (key: string) => numberAt(status, key) ?? 0;
  return (
    tooFew(count('currentNumberScheduled'), wanted, 'pods scheduled') ??
    tooFew(count('updatedNumberScheduled'), wanted, 'pods updated') ??
    tooFew(count('numberAvailable'), wanted, 'pods available') ??
    tooFew(count('numberReady'), wanted, 'pods ready') ??
    READY
  );
}

export function replicaSetHealth(object: JsonObject): Health {
  const failure = conditionOf(object, 'ReplicaFailure');
  if (failure?.status === 'True') return progressing(`${failure.reason}: ${failure.message}`);
  if (object['status'] === undefined) return progressing('it has no status yet');
  const wanted = numberAt(objectAt(object, 'spec'), 'replicas') ?? 1;
  const { replicas, available, ready } = countsOf(object);
  const labeled = numberAt(objectAt(object, 'status'), 'fullyLabeledReplicas') ?? 0;
  return (
    tooFew(labeled, wanted, 'replicas labeled') ??
    tooFew(available, wanted, 'replicas available') ??
    tooFew(ready, wanted, 'replicas ready') ??
    tooMany(replicas, wanted) ??
    READY
  );
}

function countsOf(object: JsonObject) {
  const status = objectAt(object, 'status');
  const count = (key: string) => numberAt(status, key) ?? 0;
  return {
    replicas: count('replicas'),
    updated: count('updatedReplicas'),
    available: count('availableReplicas'),
    ready: count('readyReplicas'),
  };
}

function tooFew(have: number, wanted: number, what: string): Health | null {
  return have < wanted ? progressing(`${have} of ${wanted} ${what}`) : null;
}

function tooMany(replicas: number, wanted: number): Health | null {
  return replicas > wanted ? progressing(`${replicas - wanted} old replicas are terminating`) : null;
}
