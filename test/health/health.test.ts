import { describe, expect, it } from 'vitest';
import { healthOf } from '../../src/health/health.ts';
import { needsReadiness } from '../../src/health/needs-readiness.ts';
import type { JsonObject } from '../../src/resource/resource.ts';

const NOW_MS = Date.parse('2026-03-01T10:00:00Z');

function health(object: JsonObject, waitsForConsumer = false) {
  return healthOf(object, { nowMs: NOW_MS, waitsForConsumer }).kind;
}

/** An object at generation 2, which its controller has observed unless `status` says otherwise. */
function an(type: string, spec: JsonObject, status: JsonObject | null): JsonObject {
  const [apiVersion = '', kind = ''] = type.split(' ');
  return {
    apiVersion,
    kind,
    metadata: { name: 'web', generation: 2 },
    spec,
    ...(status === null ? {} : { status: { observedGeneration: 2, ...status } }),
  };
}

function conditions(...written: readonly string[]): JsonObject {
  return {
    conditions: written.map((text) => {
      const [type = '', status = '', reason = ''] = text.split(' ');
      return { type, status, reason, message: 'why', lastTransitionTime: '2026-03-01T09:59:50Z' };
    }),
  };
}

type Row = readonly [name: string, object: JsonObject, expected: 'ready' | 'progressing' | 'failed' | 'terminating'];

const DEPLOYED = { replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2 };
const ROLLED_OUT = conditions('Progressing True NewReplicaSetAvailable', 'Available True');
const deployment = (status: JsonObject | null, spec: JsonObject = { progressDeadlineSeconds: 600 }) =>
  an('apps/v1 Deployment', { replicas: 2, ...spec }, status);

describe('a Deployment', () => {
  it.each<Row>([
    ['without status', deployment(null), 'progressing'],
    ['without status and without replicas', deployment(null, { replicas: 0 }), 'progressing'],
    [
      'that is not progressing',
      deployment({ ...DEPLOYED, ...conditions('Progressing False', 'Available True') }),
      'progressing',
    ],
    [
      'that is not available',
      deployment({ ...DEPLOYED, ...conditions('Progressing True NewReplicaSetAvailable', 'Available False') }),
      'progressing',
    ],
    [
      'whose new ReplicaSet is not available yet',
      deployment({ ...DEPLOYED, ...conditions('Progressing True ReplicaSetUpdated', 'Available True') }),
      'progressing',
    ],
    ['with too few replicas', deployment({ ...DEPLOYED, ...ROLLED_OUT, replicas: 1 }), 'progressing'],
    ['with too few updated', deployment({ ...DEPLOYED, ...ROLLED_OUT, updatedReplicas: 1 }), 'progressing'],
    ['with old replicas that are terminating', deployment({ ...DEPLOYED, ...ROLLED_OUT, replicas: 3 }), 'progressing'],
    ['with too few available', deployment({ ...DEPLOYED, ...ROLLED_OUT, availableReplicas: 1 }), 'progressing'],
    ['with too few ready', deployment({ ...DEPLOYED, ...ROLLED_OUT, readyReplicas: 1 }), 'progressing'],
    [
      'whose controller observed an older generation',
      deployment({ ...DEPLOYED, ...ROLLED_OUT, observedGeneration: 1 }),
      'progressing',
    ],
    ['that is paused', deployment({ ...DEPLOYED, ...ROLLED_OUT }, { paused: true }), 'progressing'],
    ['that is complete', deployment({ ...DEPLOYED, ...ROLLED_OUT }), 'ready'],
    [
      'that is complete without a progress deadline',
      deployment({ ...DEPLOYED, ...conditions('Available True') }, {}),
      'ready',
    ],
    [
      'that is complete with the default of one replica',
      an(
        'apps/v1 Deployment',
        {},
        { replicas: 1, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1, ...conditions('Available True') },
      ),
      'ready',
    ],
    [
      'that is past its deadline',
      deployment({ ...DEPLOYED, ...conditions('Progressing False ProgressDeadlineExceeded') }),
      'failed',
    ],
    [
      'that was past its deadline and is progressing again',
      deployment({ ...DEPLOYED, ...conditions('Progressing True ProgressDeadlineExceeded', 'Available True') }),
      'progressing',
    ],
  ])('%s is $2', (_name, object, expected) => expect(health(object)).toBe(expected));
});

const SET = {
  replicas: 3,
  readyReplicas: 3,
  currentReplicas: 3,
  updatedReplicas: 3,
  currentRevision: 'a',
  updateRevision: 'a',
};
const statefulSet = (status: JsonObject | null, spec: JsonObject = {}) =>
  an('apps/v1 StatefulSet', { replicas: 3, ...spec }, status);

describe('a StatefulSet', () => {
  it.each<Row>([
    ['without status', statefulSet(null), 'progressing'],
    ['without status and without replicas', statefulSet(null, { replicas: 0 }), 'progressing'],
    ['with an empty status', statefulSet({}), 'progressing'],
    ['with too few ready', statefulSet({ ...SET, readyReplicas: 2 }), 'progressing'],
    ['with too few current', statefulSet({ ...SET, currentReplicas: 1 }), 'progressing'],
    ['with extra pods', statefulSet({ ...SET, replicas: 4 }), 'progressing'],
    ['in the middle of a rolling update', statefulSet({ ...SET, updateRevision: 'b' }), 'progressing'],
    [
      'with a partition and too few updated',
      statefulSet({ ...SET, updatedReplicas: 1 }, { updateStrategy: { rollingUpdate: { partition: 1 } } }),
      'progressing',
    ],
    [
      'with a partition and enough updated',
      statefulSet(
        { ...SET, updatedReplicas: 2, currentReplicas: 1, updateRevision: 'b' },
        { updateStrategy: { rollingUpdate: { partition: 1 } } },
      ),
      'ready',
    ],
    [
      'with the default partition of 0 in the middle of an update',
      statefulSet(
        { ...SET, updateRevision: 'b', currentReplicas: 1 },
        { updateStrategy: { rollingUpdate: { partition: 0 } } },
      ),
      'progressing',
    ],
    ['that is complete', statefulSet(SET), 'ready'],
    [
      'that is updated on delete',
      statefulSet({ updateRevision: 'b' }, { updateStrategy: { type: 'OnDelete' } }),
      'ready',
    ],
  ])('%s is $2', (_name, object, expected) => expect(health(object)).toBe(expected));
});

const EVERYWHERE = {
  desiredNumberScheduled: 4,
  currentNumberScheduled: 4,
  updatedNumberScheduled: 4,
  numberAvailable: 4,
  numberReady: 4,
};
const daemonSet = (status: JsonObject | null) => an('apps/v1 DaemonSet', {}, status);

describe('a DaemonSet', () => {
  it.each<Row>([
    ['without status', daemonSet(null), 'progressing'],
    ['with an empty status', daemonSet({}), 'progressing'],
    [
      'whose controller observed an older generation',
      daemonSet({ ...EVERYWHERE, observedGeneration: 1 }),
      'progressing',
    ],
    ['with too few scheduled', daemonSet({ ...EVERYWHERE, currentNumberScheduled: 3 }), 'progressing'],
    ['with too few updated', daemonSet({ ...EVERYWHERE, updatedNumberScheduled: 3 }), 'progressing'],
    ['with too few available', daemonSet({ ...EVERYWHERE, numberAvailable: 3 }), 'progressing'],
    ['with too few ready', daemonSet({ ...EVERYWHERE, numberReady: 3 }), 'progressing'],
    ['that is complete', daemonSet(EVERYWHERE), 'ready'],
    ['without a matching node', daemonSet({ ...EVERYWHERE, desiredNumberScheduled: 0 }), 'ready'],
    ['whose controller never reported a generation', { ...daemonSet(EVERYWHERE), status: EVERYWHERE }, 'progressing'],
  ])('%s is $2', (_name, object, expected) => expect(health(object)).toBe(expected));
});

const REPLICAS = { replicas: 2, fullyLabeledReplicas: 2, availableReplicas: 2, readyReplicas: 2 };
const replicaSet = (status: JsonObject | null, spec: JsonObject = { replicas: 2 }) =>
  an('apps/v1 ReplicaSet', spec, status);

describe('a ReplicaSet', () => {
  it.each<Row>([
    ['without status', replicaSet(null), 'progressing'],
    ['with too few labeled', replicaSet({ ...REPLICAS, fullyLabeledReplicas: 1 }), 'progressing'],
    ['with too few available', replicaSet({ ...REPLICAS, availableReplicas: 1 }), 'progressing'],
    ['with too few ready', replicaSet({ ...REPLICAS, readyReplicas: 1 }), 'progressing'],
    ['with too many replicas', replicaSet({ ...REPLICAS, replicas: 3 }), 'progressing'],
    [
      'that cannot create pods',
      replicaSet({ ...REPLICAS, ...conditions('ReplicaFailure True FailedCreate') }),
      'progressing',
    ],
    ['that can create pods again', replicaSet({ ...REPLICAS, ...conditions('ReplicaFailure False') }), 'ready'],
    ['that is complete', replicaSet(REPLICAS), 'ready'],
    ['without replicas', replicaSet({ replicas: 0 }, { replicas: 0 }), 'ready'],
    ['that is a ReplicationController', an('v1 ReplicationController', { replicas: 2 }, REPLICAS), 'ready'],
  ])('%s is $2', (_name, object, expected) => expect(health(object)).toBe(expected));
});

const pod = (status: JsonObject | null) =>
  an('v1 Pod', { containers: [{ name: 'app', image: 'ghcr.io/acme/web:2' }] }, status);
const waiting = (reason: string) => ({
  containerStatuses: [{ name: 'app', state: { waiting: { reason, message: 'Back-off' } } }],
});
const unschedulable = (at: string): JsonObject => ({
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastTransitionTime: at }],
});

describe('a Pod', () => {
  it.each<Row>([
    ['without status', pod(null), 'progressing'],
    ['that is scheduled', pod({ phase: 'Pending', ...conditions('PodScheduled True') }), 'progressing'],
    ['that is running but not ready', pod({ phase: 'Running', ...conditions('Ready False') }), 'progressing'],
    ['that is running and ready', pod({ phase: 'Running', ...conditions('Ready True') }), 'ready'],
    ['that succeeded', pod({ phase: 'Succeeded', ...conditions('Ready False PodCompleted') }), 'ready'],
    ['that failed', pod({ phase: 'Failed', ...conditions('Ready False') }), 'ready'],
    ['that has been unschedulable for 15 s', pod(unschedulable('2026-03-01T09:59:45Z')), 'progressing'],
    ['that has been unschedulable for more than 15 s', pod(unschedulable('2026-03-01T09:59:44.999Z')), 'failed'],
    [
      'in a crash loop',
      pod({ phase: 'Running', ...conditions('Ready False'), ...waiting('CrashLoopBackOff') }),
      'failed',
    ],
    ['whose image cannot be pulled', pod({ phase: 'Pending', ...waiting('ErrImagePull') }), 'failed'],
    ['whose container is being created', pod({ phase: 'Pending', ...waiting('ContainerCreating') }), 'progressing'],
  ])('%s is $2', (_name, object, expected) => expect(health(object)).toBe(expected));
});

const job = (status: JsonObject | null, spec: JsonObject = {}) => an('batch/v1 Job', spec, status);

describe('a Job', () => {
  it.each<Row>([
    ['without status', job(null), 'progressing'],
    [
      'that is running, which kstatus calls ready',
      job({ startTime: '2026-03-01T09:00:00Z', active: 1 }),
      'progressing',
    ],
    ['that is complete', job({ startTime: '2026-03-01T09:00:00Z', ...conditions('Complete True') }), 'ready'],
    [
      'whose condition Complete is not true',
      job({ startTime: '2026-03-01T09:00:00Z', ...conditions('Complete False') }),
      'progressing',
    ],
    ['that failed', job(conditions('Failed True BackoffLimitExceeded')), 'failed'],
    ['whose condition Failed is not true', job(conditions('Failed False')), 'progressing'],
    ['that is suspended', job(conditions('Suspended True'), { suspend: true }), 'ready'],
    [
      'that was suspended and is running again',
      job({ startTime: '2026-03-01T09:00:00Z', ...conditions('Suspended False') }, { suspend: false }),
      'progressing',
    ],
    [
      'that was resumed but still has the condition Suspended',
      job(conditions('Suspended True'), { suspend: false }),
      'progressing',
    ],
  ])('%s is $2', (_name, object, expected) => expect(health(object)).toBe(expected));
});

const service = (spec: JsonObject) => an('v1 Service', spec, null);
const definition = (status: JsonObject | null) => an('apiextensions.k8s.io/v1 CustomResourceDefinition', {}, status);
const custom = (status: JsonObject | null) => an('example.com/v1 Widget', {}, status);
const CLAIM = an('v1 PersistentVolumeClaim', {}, { phase: 'Pending' });

describe('the other kinds', () => {
  it.each<Row>([
    ['a claim without status', an('v1 PersistentVolumeClaim', {}, null), 'progressing'],
    ['a pending claim', CLAIM, 'progressing'],
    ['a bound claim', an('v1 PersistentVolumeClaim', {}, { phase: 'Bound' }), 'ready'],
    ['a Service', service({ clusterIP: '10.0.0.1' }), 'ready'],
    ['a Service of type NodePort', service({ type: 'NodePort' }), 'ready'],
    ['a load balancer without cluster IP', service({ type: 'LoadBalancer' }), 'progressing'],
    [
      'a load balancer with cluster IP but without an external address',
      service({ type: 'LoadBalancer', clusterIP: '10.0.0.1' }),
      'ready',
    ],
    ['a definition without conditions', definition({}), 'progressing'],
    [
      'a definition that is being installed',
      definition(conditions('NamesAccepted True', 'Established False Installing')),
      'progressing',
    ],
    ['an established definition', definition(conditions('NamesAccepted True', 'Established True')), 'ready'],
    [
      'a definition whose names are taken',
      definition(conditions('NamesAccepted False Conflict', 'Established False')),
      'failed',
    ],
    ['a disruption budget without status', an('policy/v1 PodDisruptionBudget', {}, null), 'progressing'],
    [
      'a disruption budget last observed before a change',
      an('policy/v1 PodDisruptionBudget', {}, { observedGeneration: 1 }),
      'progressing',
    ],
    ['an observed disruption budget', an('policy/v1 PodDisruptionBudget', {}, {}), 'ready'],
    ['a Secret', an('v1 Secret', {}, null), 'ready'],
    ['a ConfigMap', an('v1 ConfigMap', {}, null), 'ready'],
    ['a CronJob', an('batch/v1 CronJob', {}, null), 'ready'],
    ['a custom resource without status', custom(null), 'ready'],
    ['a custom resource without conditions', custom({}), 'ready'],
    [
      'a custom resource whose controller observed an older generation',
      custom({ observedGeneration: 1, ...conditions('Ready True') }),
      'progressing',
    ],
    ['a custom resource that is not ready', custom(conditions('Ready False')), 'progressing'],
    ['a custom resource with Ready Unknown', custom(conditions('Ready Unknown')), 'progressing'],
    ['a ready custom resource', custom(conditions('Ready True')), 'ready'],
    ['a custom resource that is reconciling', custom(conditions('Ready True', 'Reconciling True')), 'progressing'],
    ['a custom resource that is stalled', custom(conditions('Ready False', 'Stalled True')), 'failed'],
    [
      'a custom resource that is no longer stalled',
      custom(conditions('Ready True', 'Stalled False', 'Reconciling False')),
      'ready',
    ],
    [
      'a custom resource that is being deleted',
      { ...custom(conditions('Ready True')), metadata: { deletionTimestamp: '2026-03-01T09:00:00Z' } },
      'terminating',
    ],
  ])('%s is $2', (_name, object, expected) => expect(health(object)).toBe(expected));

  it('treats a claim as ready when its class waits for the first consumer', () => {
    expect(health(CLAIM, true)).toBe('ready');
  });
});

describe('needsReadiness', () => {
  const needs = (group: string, kind: string, object: JsonObject | null = null) =>
    needsReadiness({ id: { group, kind, namespace: 'shop', name: 'web' }, object });

  it('is true for kinds that take time to become ready', () => {
    expect([
      needs('apps', 'Deployment'),
      needs('batch', 'Job'),
      needs('', 'PersistentVolumeClaim'),
      needs('apiextensions.k8s.io', 'CustomResourceDefinition'),
      needs('', 'Service', { spec: { type: 'LoadBalancer' } }),
      needs('example.com', 'Widget'),
      needs('gateway.networking.k8s.io', 'Gateway'),
    ]).toEqual(Array.from({ length: 7 }, () => true));
  });

  it('is false for kinds that are ready as soon as they are written', () => {
    expect([
      needs('', 'ConfigMap'),
      needs('', 'Secret'),
      needs('', 'Service', { spec: { ports: [] } }),
      needs('batch', 'CronJob'),
      needs('networking.k8s.io', 'NetworkPolicy'),
      needs('rbac.authorization.k8s.io', 'Role'),
      needs('autoscaling', 'HorizontalPodAutoscaler'),
    ]).toEqual(Array.from({ length: 7 }, () => false));
  });
});
