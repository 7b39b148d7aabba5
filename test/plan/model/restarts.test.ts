import { describe, expect, it } from 'vitest';
import { restartsPods } from '../../../src/plan/model/restarts.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';

function anObject(kind: string, spec: JsonObject = {}, group = 'apps') {
  return { id: { group, kind, namespace: 'shop', name: 'web' }, object: { spec } };
}

const image = [{ path: '.spec.template.spec.containers[0].image', before: 'a', after: 'b' }];
const replicas = [{ path: '.spec.replicas', before: 1, after: 2 }];
const similar = [{ path: '.spec.templateName', before: 1, after: 2 }];

describe('an update of a workload', () => {
  it.each(['Deployment', 'StatefulSet', 'DaemonSet'])(
    'restarts the pods of a %s when its pod template changes',
    (kind) => {
      expect(restartsPods(anObject(kind), image)).toBe(true);
      expect(restartsPods(anObject(kind), replicas)).toBe(false);
      expect(restartsPods(anObject(kind), similar)).toBe(false);
    },
  );

  it('restarts no pods of a paused Deployment, with the strategy OnDelete, or of a kind of another API group', () => {
    expect(restartsPods(anObject('Deployment', { paused: true }), image)).toBe(false);
    expect(restartsPods(anObject('DaemonSet', { updateStrategy: { type: 'OnDelete' } }), image)).toBe(false);
    expect(restartsPods(anObject('Deployment', {}, 'example.com'), image)).toBe(false);
    expect(restartsPods(anObject('CronJob', {}, 'batch'), image)).toBe(false);
  });
});
