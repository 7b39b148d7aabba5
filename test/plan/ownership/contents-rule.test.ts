import { describe, expect, it } from 'vitest';
import { isAutomaticKind, judgeContents } from '../../../src/plan/ownership/contents-rule.ts';
import type { ContainedObject, ContentsRule } from '../../../src/plan/ownership/contents-rule.ts';
import { keptFor } from '../../../src/plan/ownership/kept-for.ts';
import type { Entry } from '../../../src/state/inventory.ts';
import { SET, aResource, aTarget, anEntry, live } from '../builders.ts';

const NAMESPACE = anEntry(aResource('Namespace', 'team', { namespace: '' }));
const DEFINITION = anEntry(
  aResource('CustomResourceDefinition', 'widgets.example.com', { group: 'apiextensions.k8s.io', namespace: '' }),
);
const rule: ContentsRule = {
  target: aTarget(),
  applySetId: SET,
  touched: new Set(['apps/a.yaml']),
  removed: [],
  written: [],
  removedState: null,
};

function content(kind: string, name: string, change: Partial<ContainedObject> = {}): ContainedObject {
  const { id } = aResource(kind, name, { namespace: 'team' });
  return { id, live: live({ uid: `uid-${name}` }), controller: null, ...change };
}

const ours = (name: string, annotations: Readonly<Record<string, string>> = {}) =>
  live({
    uid: `uid-${name}`,
    labels: { 'applyset.kubernetes.io/part-of': SET },
    annotations: { 'headgate.dev/source': 'apps/a.yaml', ...annotations },
  });

/** The verdict about the Namespace `team`, which has these in it. */
const judged = (
  found: readonly ContainedObject[],
  change: Partial<ContentsRule> = {},
  unlisted: readonly string[] = [],
) => judgeContents(NAMESPACE, { found, unlisted }, { ...rule, ...change });

const KEPT = { kind: 'keep', forget: false, isInUse: true };

describe('a Namespace that left Git', () => {
  it('is pruned when nothing is in it but what Kubernetes itself keeps there', () => {
    const automatic = [
      content('ServiceAccount', 'default'),
      content('ConfigMap', 'kube-root-ca.crt'),
      content('Pod', 'web-1', { controller: 'uid-of-a-replica-set' }),
      content('Secret', 'goes', { live: live({ deletionTimestamp: '2026-01-01T00:00:00Z' }) }),
    ];
    expect(judged(automatic)).toEqual({ kind: 'prune' });
    const kinds = [
      ['', 'Event'],
      ['events.k8s.io', 'Event'],
      ['coordination.k8s.io', 'Lease'],
      ['', 'Endpoints'],
      ['discovery.k8s.io', 'EndpointSlice'],
    ] as const;
    expect(kinds.map(([group, kind]) => isAutomaticKind({ group, kind }))).toEqual(kinds.map(() => true));
    expect(isAutomaticKind({ group: '', kind: 'ConfigMap' })).toBe(false);
  });

  it('is kept for every object that this run does not delete, and names the first three with their number', () => {
    const found = ['d', 'b', 'a', 'c'].map((name) => content('Secret', name));
    expect(judged(found)).toEqual({
      ...KEPT,
      reason: 'it still contains 4 objects: Secret team/a, Secret team/b, Secret team/c, …',
    });
    expect(judged([content('ServiceAccount', 'other')])).toMatchObject(KEPT);
    expect(judged([content('ConfigMap', 'default')])).toMatchObject(KEPT);
  });

  it('is kept for what the same run writes into it', () => {
    const written = [aResource('ConfigMap', 'new', { namespace: 'team' }).id];
    expect(judged([], { written })).toMatchObject({ reason: 'it still contains 1 object: ConfigMap team/new' });
  });

  it('is not kept for what the same run deletes, unless that stays itself', () => {
    const gone = anEntry(aResource('ConfigMap', 'a', { namespace: 'team' }));
    const removed = [gone];
    expect(judged([content('ConfigMap', 'a', { live: ours('a') })], { removed })).toEqual({ kind: 'prune' });
    const marked = ours('a', { 'headgate.dev/prune': 'false' });
    expect(judged([content('ConfigMap', 'a', { live: marked })], { removed })).toMatchObject(KEPT);
    const another = { ...ours('a'), uid: 'created-again' };
    expect(judged([content('ConfigMap', 'a', { live: another })], { removed })).toMatchObject(KEPT);
  });

  it('is kept when something in it cannot be listed', () => {
    expect(judged([], {}, ['Secret (HTTP 403)'])).toEqual({
      ...KEPT,
      reason: 'not everything in it can be listed: Secret (HTTP 403)',
    });
  });

  it('is kept for the state of a target, except by the uninstall that deletes it', () => {
    const state = ['headgate-shop', 'headgate-shop.1'].map((name) => {
      const { id } = aResource('ConfigMap', name);
      return content('ConfigMap', name, { id });
    });
    expect(judged(state)).toMatchObject(KEPT);
    expect(judged(state, { removedState: 'headgate-shop' })).toEqual({ kind: 'prune' });
    expect(judged(state, { removedState: 'headgate-sho' })).toMatchObject(KEPT);
  });
});

describe('a CustomResourceDefinition that left Git', () => {
  const widget = (change: Partial<ContainedObject> = {}) => [content('Widget', 'one', change)];

  it('is kept for custom resources that stay, also for those of a controller that stays', () => {
    expect(judgeContents(DEFINITION, { found: widget(), unlisted: [] }, rule)).toEqual({
      ...KEPT,
      reason: '1 object of its kind still exists: Widget team/one',
    });
    const owned = { found: widget({ controller: 'uid-set' }), unlisted: [] };
    expect(judgeContents(DEFINITION, owned, rule)).toMatchObject(KEPT);
    const removed = [anEntry(aResource('Set', 'set'))];
    expect(judgeContents(DEFINITION, owned, { ...rule, removed })).toEqual({ kind: 'prune' });
  });

  it('is kept when its custom resources cannot be listed', () => {
    expect(judgeContents(DEFINITION, { found: [], unlisted: ['its kinds are not served'] }, rule)).toMatchObject(KEPT);
  });
});

describe('a later run', () => {
  it('looks again at a kept Namespace or definition when something that was in it leaves Git', () => {
    const kept = [NAMESPACE, DEFINITION].map((entry) => ({ ...entry, version: null }));
    const inTeam = anEntry(aResource('ConfigMap', 'a', { namespace: 'team' }));
    const widget = anEntry(aResource('Widget', 'one', { group: 'example.com' }));
    const elsewhere = anEntry(aResource('ConfigMap', 'b'));
    const names = (left: readonly Entry[], entries: readonly Entry[] = kept) =>
      keptFor(left, entries).map(({ id }) => id.name);
    expect(names([inTeam])).toEqual(['team']);
    expect(names([widget])).toEqual(['widgets.example.com']);
    expect(names([elsewhere])).toEqual([]);
    expect(names([inTeam, widget], [NAMESPACE, DEFINITION])).toEqual([]);
  });
});
