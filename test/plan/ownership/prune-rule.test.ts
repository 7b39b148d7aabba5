import { describe, expect, it } from 'vitest';
import { judgePrune } from '../../../src/plan/ownership/prune-rule.ts';
import { SET, aResource, aTarget, anEntry, live } from '../builders.ts';

const entry = anEntry(aResource('ConfigMap', 'settings', { file: 'apps/a.yaml' }), { uid: 'uid' });
const owned = live({
  labels: { 'applyset.kubernetes.io/part-of': SET },
  annotations: { 'headgate.dev/source': 'apps/a.yaml' },
});
const context = { target: aTarget(), applySetId: SET, touched: new Set(['apps/a.yaml']) };

describe('an object that left Git', () => {
  it('is pruned when this target owns it and its source file was read', () => {
    expect(judgePrune(entry, owned, context)).toEqual({ kind: 'prune' });
  });

  it('counts as gone when it does not exist or is being deleted', () => {
    expect(judgePrune(entry, null, context).kind).toBe('gone');
    expect(judgePrune(entry, { ...owned, deletionTimestamp: '2026-01-01T00:00:00Z' }, context).kind).toBe('gone');
  });

  it('is pruned when this target released it and no other one took it over', () => {
    const released = { ...entry, releasedTo: 'blog' };
    expect(judgePrune(released, { ...owned, labels: {}, annotations: {} }, context)).toEqual({
      kind: 'prune',
      isReleased: true,
    });
    const taken = live({
      labels: { 'applyset.kubernetes.io/part-of': 'applyset-x-v1' },
      annotations: owned.annotations,
    });
    expect(judgePrune(released, taken, context)).toMatchObject({ kind: 'keep', forget: true });
  });

  it.each([
    ['was created again outside Headgate', { uid: 'another' }],
    ['had its label removed', { labels: {} }],
    ['belongs to another set', { labels: { 'applyset.kubernetes.io/part-of': 'applyset-x-v1' } }],
    ['only has a copied label', { annotations: {} }],
    ['comes from a file that was not read', { annotations: { 'headgate.dev/source': 'apps/elsewhere.yaml' } }],
  ])('is kept when it %s', (_, change) => {
    expect(judgePrune(entry, { ...owned, ...change }, context).kind).toBe('keep');
  });

  it.each([
    ['headgate.dev/prune', 'false'],
    ['headgate.dev/apply', 'ignore'],
    ['helm.sh/resource-policy', 'keep'],
    ['argocd.argoproj.io/sync-options', 'Validate=false,Prune=false'],
    ['client.lifecycle.config.k8s.io/deletion', 'detach'],
    ['kustomize.toolkit.fluxcd.io/prune', 'Disabled'],
  ])('is kept with the annotation %s: %s', (key, value) => {
    expect(judgePrune(entry, { ...owned, annotations: { ...owned.annotations, [key]: value } }, context).kind).toBe(
      'keep',
    );
  });

  it('is kept when its kind is protected, unless the target or the object allows it', () => {
    const claim = anEntry(aResource('PersistentVolumeClaim', 'data', { file: 'apps/a.yaml' }), { uid: 'uid' });
    expect(judgePrune(claim, owned, context).kind).toBe('keep');
    const allowed = { ...owned, annotations: { ...owned.annotations, 'headgate.dev/prune': 'true' } };
    expect(judgePrune(claim, allowed, context).kind).toBe('prune');
    const target = aTarget({ prune: { enabled: true, limit: 30, kinds: ['PersistentVolumeClaim'], empty: false } });
    expect(judgePrune(claim, owned, { ...context, target }).kind).toBe('prune');
  });
});
