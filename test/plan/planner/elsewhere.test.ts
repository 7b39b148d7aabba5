import { describe, expect, it } from 'vitest';
import type { Elsewhere, TargetLocation } from '../../../src/plan/model/facts.ts';
import { changesNothing, filesOf } from '../../../src/plan/model/plan.ts';
import { inventoryAfter } from '../../../src/plan/planner/after.ts';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import { formatId } from '../../../src/resource/resource.ts';
import { SEEN, aCandidate, aResource, aTarget, anEntry, live, someFacts } from '../builders.ts';

const moved = anEntry(aResource('ConfigMap', 'moved'));
const gone = anEntry(aResource('ConfigMap', 'gone'));
const stays = aCandidate(aResource('ConfigMap', 'stays'), { kind: 'recorded' });

function planWith(kind: Elsewhere['kind'], more: Partial<Parameters<typeof someFacts>[0]> = {}) {
  const elsewhere = new Map([[formatId(moved.id), { target: 'blog', kind, hasRun: false }]]);
  const facts = someFacts({ candidates: [stays], entries: [moved, gone], elsewhere, ...more });
  return { facts, plan: makePlan(facts) };
}

describe('an object that left its target', () => {
  it('is released when another target defines it, counts neither as pruned nor against the limit, and stays in the inventory until it is taken over', () => {
    const { facts, plan } = planWith('defined', { target: aTarget({ prune: { ...aTarget().prune, limit: 1 } }) });
    expect(plan).toMatchObject({ refusals: [], releases: [{ op: 'release', entry: moved, to: 'blog' }] });
    expect(plan.prunes.flat().map(({ entry }) => entry)).toEqual([gone]);
    const [release] = plan.releases;
    if (release === undefined) throw new Error('nothing is released');
    const marked = { ...moved, hash: null, version: null, releasedTo: 'blog' };
    expect(plan.during).toContainEqual(marked);
    expect(inventoryAfter(plan, [{ kind: 'released', release, isTaken: false }], facts.touched)).toContainEqual(marked);
    const after = inventoryAfter(plan, [{ kind: 'released', release, isTaken: true }], facts.touched);
    expect(after.map(({ id }) => id.name)).toEqual(['gone', 'stays']);
  });

  it('is neither released again nor pruned while the other target has not taken it over', () => {
    const { plan } = planWith('awaited');
    expect(plan).toMatchObject({ releases: [], undecided: [{ entry: moved, by: { kind: 'awaited' } }] });
  });

  it('leaves the inventory once the other target has taken it over', () => {
    const { facts, plan } = planWith('taken');
    expect(plan).toMatchObject({ releases: [], undecided: [], forgotten: [moved] });
    expect(plan.prunes.flat().map(({ entry }) => entry)).toEqual([gone]);
    expect(inventoryAfter(plan, [], facts.touched).map(({ id }) => id.name)).toEqual(['gone', 'stays']);
  });

  it('stays in the inventory and its file stays dirty while another target may define it', () => {
    const { facts, plan } = planWith('undecided');
    expect(plan).toMatchObject({ releases: [], undecided: [{ entry: moved, by: { target: 'blog' } }] });
    expect(filesOf(plan.undecided)).toEqual(['apps/moved.yaml']);
    const after = inventoryAfter(plan, [], facts.touched);
    expect(after.map(({ id }) => id.name)).toContain('moved');
  });

  it('does not make the deletion of all others one that the path still has a reason for', () => {
    for (const kind of ['defined', 'undecided'] as const) {
      const { plan } = planWith(kind, { candidates: [], count: 2 });
      expect(plan.refusals).toMatchObject([{ code: 'prune-everything' }]);
    }
  });

  it('is released even if it was the last one: nothing is deleted', () => {
    const { plan } = planWith('defined', {
      candidates: [],
      entries: [moved],
      source: { ...someFacts().source, tree: null },
    });
    expect(plan.refusals).toEqual([]);
    expect(changesNothing(plan)).toBe(false);
  });

  it('leaves no reason to refuse the missing path, as long as nothing is deleted', () => {
    for (const kind of ['defined', 'undecided', 'awaited', 'taken', 'inhabited'] as const) {
      const source = { ...someFacts().source, tree: null };
      const { plan } = planWith(kind, { candidates: [], entries: [moved], source });
      expect(plan, kind).toMatchObject({ refusals: [], prunes: [] });
    }
  });
});

describe('an object that another target owns', () => {
  const owned = live({
    labels: { 'applyset.kubernetes.io/part-of': 'other' },
    annotations: { 'headgate.dev/source': 'blog/a.yaml' },
  });
  const candidate = aCandidate(aResource('ConfigMap', 'a'), { kind: 'updates', live: SEEN }, owned);
  const planAfter = (owner: TargetLocation) =>
    makePlan(someFacts({ candidates: [candidate], otherTargets: new Map([['other', owner]]) }));

  it('is waited for while its owner has not applied the commit', () => {
    const plan = planAfter({ name: 'blog', namespace: 'blog', isBehind: true });
    expect(plan).toMatchObject({
      refusals: [],
      steps: [],
      awaitedReleases: [{ target: 'blog', object: candidate.resource.id }],
    });
  });

  it('is refused when its owner has applied the commit and still owns it', () => {
    const plan = planAfter({ name: 'blog', namespace: 'blog', isBehind: false });
    expect(plan.awaitedReleases).toEqual([]);
    expect(plan.refusals).toMatchObject([{ code: 'foreign-owner' }]);
  });
});
