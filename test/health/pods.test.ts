import { describe, expect, it } from 'vitest';
import { withPods } from '../../src/health/pods.ts';
import type { Health } from '../../src/health/readiness.ts';
import type { JsonObject } from '../../src/resource/resource.ts';

const PROGRESSING: Health = { kind: 'progressing', reason: '0 of 1 replicas updated' };
const IMAGE = 'ghcr.io/acme/web:2';

function workload(type: string, more: JsonObject = {}, annotations: JsonObject = {}): JsonObject {
  const [apiVersion = '', kind = ''] = type.split(' ');
  return { apiVersion, kind, metadata: { name: 'web', uid: 'web-uid', annotations }, ...more };
}

function replicaSet(uid: string, revision: string, owner = 'web-uid'): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      uid,
      ownerReferences: [{ uid: owner }],
      annotations: { 'deployment.kubernetes.io/revision': revision },
    },
  };
}

function stuckPod(
  owner: string,
  change: { labels?: JsonObject; metadata?: JsonObject; reason?: string } = {},
): JsonObject {
  const { labels = {}, metadata = {}, reason = 'ImagePullBackOff' } = change;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ownerReferences: [{ uid: owner }], labels, ...metadata },
    spec: { containers: [{ name: 'app', image: IMAGE }] },
    status: {
      phase: 'Pending',
      containerStatuses: [
        { name: 'app', image: '', state: { waiting: { reason, message: `Back-off pulling image "${IMAGE}"` } } },
      ],
    },
  };
}

const STUCK = { kind: 'failed', reason: `ImagePullBackOff ${IMAGE}: Back-off pulling image "${IMAGE}"` };

describe('the pods of a workload', () => {
  const deployment = workload('apps/v1 Deployment', {}, { 'deployment.kubernetes.io/revision': '2' });
  const replicaSets = [replicaSet('old', '1'), replicaSet('new', '2'), replicaSet('other', '2', 'other-deployment')];

  it.each(['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'CrashLoopBackOff', 'CreateContainerConfigError'])(
    'fail a Deployment at once when a pod of its new ReplicaSet has %s, with the image as the reason',
    (reason) => {
      expect(withPods(PROGRESSING, deployment, { replicaSets, pods: [stuckPod('new', { reason })] })).toEqual({
        kind: 'failed',
        reason: `${reason} ${IMAGE}: Back-off pulling image "${IMAGE}"`,
      });
    },
  );

  it('are ignored when they belong to an old ReplicaSet or to another Deployment', () => {
    const pods = [stuckPod('old'), stuckPod('other')];
    expect(withPods(PROGRESSING, deployment, { replicaSets, pods })).toEqual(PROGRESSING);
  });

  it('are ignored before the new ReplicaSet exists', () => {
    const pods = [stuckPod('old')];
    expect(withPods(PROGRESSING, deployment, { replicaSets: [replicaSet('old', '1')], pods })).toEqual(PROGRESSING);
  });

  it('are ignored when they are being deleted', () => {
    const pods = [stuckPod('new', { metadata: { deletionTimestamp: '2026-03-01T10:00:00Z' } })];
    const owned = pods.map((pod) => ({
      ...pod,
      metadata: { ...(pod['metadata'] as JsonObject), ownerReferences: [{ uid: 'new' }] },
    }));
    expect(withPods(PROGRESSING, deployment, { replicaSets, pods: owned })).toEqual(PROGRESSING);
  });

  it('do not make a ready workload fail', () => {
    expect(withPods({ kind: 'ready' }, deployment, { replicaSets, pods: [stuckPod('new')] })).toEqual({
      kind: 'ready',
    });
  });

  it('fail a StatefulSet only when they are of its newest revision', () => {
    const set = workload('apps/v1 StatefulSet', { status: { updateRevision: 'web-b' } });
    const of = (revision: string) => [stuckPod('web-uid', { labels: { 'controller-revision-hash': revision } })];
    expect(withPods(PROGRESSING, set, { replicaSets: [], pods: of('web-b') })).toEqual(STUCK);
    expect(withPods(PROGRESSING, set, { replicaSets: [], pods: of('web-a') })).toEqual(PROGRESSING);
  });

  it('fail a DaemonSet only when they are of its newest template', () => {
    const set = workload('apps/v1 DaemonSet', {}, { 'deprecated.daemonset.template.generation': '3' });
    const of = (generation: string) => [stuckPod('web-uid', { labels: { 'pod-template-generation': generation } })];
    expect(withPods(PROGRESSING, set, { replicaSets: [], pods: of('3') })).toEqual(STUCK);
    expect(withPods(PROGRESSING, set, { replicaSets: [], pods: of('2') })).toEqual(PROGRESSING);
  });

  it('fail a Job when an init container is stuck', () => {
    const pod: JsonObject = {
      metadata: { ownerReferences: [{ uid: 'web-uid' }] },
      spec: { initContainers: [{ name: 'migrate', image: 'ghcr.io/acme/migrate:7' }], containers: [] },
      status: { initContainerStatuses: [{ name: 'migrate', state: { waiting: { reason: 'ErrImagePull' } } }] },
    };
    expect(withPods(PROGRESSING, workload('batch/v1 Job'), { replicaSets: [], pods: [pod] })).toEqual({
      kind: 'failed',
      reason: 'ErrImagePull ghcr.io/acme/migrate:7',
    });
  });
});
