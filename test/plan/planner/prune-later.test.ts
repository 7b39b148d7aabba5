import { describe, expect, it } from 'vitest';
import { prunesNow } from '../../../src/plan/model/plan.ts';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import { formatId } from '../../../src/resource/resource.ts';
import type { Resource } from '../../../src/resource/resource.ts';
import type { Facts } from '../../../src/plan/model/facts.ts';
import { SEEN, aCandidate, aResource, aTarget, anEntry, someFacts } from '../builders.ts';

const WEB = aResource('Deployment', 'web', { group: 'apps' });
const rolledOut = aCandidate(WEB, { kind: 'updates', live: SEEN });
const target = aTarget({ waitMs: 60_000 });

/** What this run prunes, and what it leaves to a later one. */
function prunesOf(gone: readonly Resource[], change: Partial<Facts> = {}) {
  const entries = gone.map((resource) => anEntry(resource));
  const plan = makePlan(someFacts({ target, candidates: [rolledOut], entries, ...change }));
  const names = (steps: typeof plan.prunes) => steps.flat().map(({ entry }) => formatId(entry.id));
  const now = names(prunesNow(plan));
  return { now, later: names(plan.prunes).filter((name) => !now.includes(name)), awaits: plan.awaits };
}

describe('the prunes of a push that rolls out a workload', () => {
  it.each([
    ['ConfigMap', ''],
    ['Secret', ''],
    ['PersistentVolumeClaim', ''],
    ['ServiceAccount', ''],
    ['RoleBinding', 'rbac.authorization.k8s.io'],
  ])('wait until it is ready if they delete a %s, which old pods may use', (kind, group) => {
    const gone = aResource(kind, 'old', { group });
    expect(prunesOf([gone])).toEqual({
      now: [],
      later: [formatId(gone.id)],
      awaits: [{ apiVersion: 'apps/v1', id: WEB.id, mayVanish: false }],
    });
  });

  it('delete workloads and services at once, because new pods may need their room', () => {
    const gone = [aResource('Deployment', 'old', { group: 'apps' }), aResource('Service', 'old')];
    expect(prunesOf(gone)).toMatchObject({ now: ['Deployment.apps shop/old', 'Service shop/old'], later: [] });
  });

  it('keep their order: what would follow a deletion that waits, waits too', () => {
    const gone = [
      aResource('Namespace', 'old', { namespace: '' }),
      aResource('ConfigMap', 'old'),
      aResource('Deployment', 'old', { group: 'apps' }),
    ];
    expect(prunesOf(gone)).toMatchObject({
      now: ['Deployment.apps shop/old'],
      later: ['ConfigMap shop/old', 'Namespace old'],
    });
  });

  it('wait if they delete an object of any kind that is replaced under another hash', () => {
    const widget = (name: string) => aResource('Widget', name, { group: 'example.com', file: 'apps/w.yaml' });
    const next = aCandidate(widget('w-2b5d7f9gkm'), { kind: 'creates' });
    const change = { candidates: [rolledOut, next] };
    expect(prunesOf([widget('w-4c6d8f2hkt')], change).later).toEqual(['Widget.example.com shop/w-4c6d8f2hkt']);
    expect(prunesOf([widget('x-4c6d8f2hkt')], change).later).toEqual([]);
    expect(prunesOf([widget('w-production')], change).later).toEqual([]);
  });

  it('happen at once with wait: 0s, and when nothing takes time to become ready', () => {
    const gone = [aResource('ConfigMap', 'old')];
    expect(prunesOf(gone, { target: aTarget({ waitMs: 0 }) })).toMatchObject({
      now: ['ConfigMap shop/old'],
      later: [],
    });
    const candidates = [aCandidate(aResource('ConfigMap', 'new'), { kind: 'creates' })];
    expect(prunesOf(gone, { candidates })).toMatchObject({ now: ['ConfigMap shop/old'], later: [] });
  });

  it('happen in a later run once what the earlier one wrote is ready, and not before', () => {
    const gone = [aResource('ConfigMap', 'old')];
    const resumed = { candidates: [aCandidate(WEB, { kind: 'recorded' })], dirty: 'all' } as const;
    expect(prunesOf(gone, resumed)).toMatchObject({ now: [], later: ['ConfigMap shop/old'] });
    const ready = new Set([formatId(WEB.id)]);
    expect(prunesOf(gone, { ...resumed, ready })).toMatchObject({ now: ['ConfigMap shop/old'], later: [] });
  });
});
