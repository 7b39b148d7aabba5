import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../../src/plan/model/body.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { SET, aResource } from '../builders.ts';

const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];

function sent(kind: string, object: JsonObject, group = 'rbac.authorization.k8s.io'): JsonObject {
  return bodyOf(aResource(kind, 'a', { group, namespace: '', object }), SET);
}

describe('the body of a ClusterRole', () => {
  it('omits the rules of an aggregated role, which belong to its controller', () => {
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { to: 'monitoring' } }] };
    expect(sent('ClusterRole', { aggregationRule, rules })).not.toHaveProperty('rules');
    expect(sent('ClusterRole', { aggregationRule, rules })).toMatchObject({ aggregationRule });
    expect(sent('ClusterRole', { aggregationRule: { clusterRoleSelectors: [] }, rules })).not.toHaveProperty('rules');
  });

  it('has the rules of any other role, and of a kind of another group', () => {
    const aggregationRule = { clusterRoleSelectors: [] };
    expect(sent('ClusterRole', { rules })).toMatchObject({ rules });
    expect(sent('ClusterRole', { aggregationRule: null, rules })).toMatchObject({ rules });
    expect(sent('Role', { aggregationRule, rules })).toMatchObject({ rules });
    expect(sent('ClusterRole', { aggregationRule, rules }, 'example.com')).toMatchObject({ rules });
  });
});
