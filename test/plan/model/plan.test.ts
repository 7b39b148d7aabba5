import { describe, expect, it } from 'vitest';
import { changesNothing } from '../../../src/plan/model/plan.ts';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import type { Entry } from '../../../src/state/inventory.ts';
import { aCandidate, aResource, anEntry, someFacts } from '../builders.ts';

const resource = aResource('ConfigMap', 'settings');
const candidate = aCandidate(resource, { kind: 'recorded' });
const entry = anEntry(resource, { hash: candidate.hash });

function planWith(recorded: Entry) {
  return makePlan(someFacts({ candidates: [candidate], entries: [recorded] }));
}

describe('a plan that changes nothing', () => {
  it('is recognized whatever the order of the keys in a recorded entry', () => {
    const { id, ...rest } = entry;
    const reordered = { ...Object.fromEntries(Object.entries(rest).toReversed()), id } as Entry;
    expect(Object.keys(reordered)).not.toEqual(Object.keys(entry));
    expect(changesNothing(planWith(reordered))).toBe(true);
  });

  it('does not include a plan that keeps an object but updates its entry', () => {
    expect(changesNothing(planWith({ ...entry, hash: 'another' }))).toBe(false);
    expect(changesNothing(planWith({ ...entry, pending: { from: null } }))).toBe(false);
  });
});
