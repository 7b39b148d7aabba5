import { describe, expect, it } from 'vitest';
import { hasEnded } from '../../src/state/finished.ts';
import { makePlan } from '../../src/plan/planner/make-plan.ts';
import type { Entry } from '../../src/state/inventory.ts';
import type { JsonObject } from '../../src/resource/resource.ts';
import { aCandidate, aResource, anEntry, generation, someFacts } from '../plan/builders.ts';

function planFor(object: JsonObject, change: Partial<Entry>, kind = 'Job') {
  const resource = aResource(kind, 'migrate', { group: kind === 'Job' ? 'batch' : '', object });
  const candidate = aCandidate(resource, { kind: 'creates' });
  return makePlan(
    someFacts({
      candidates: [candidate],
      entries: [anEntry(resource, { hash: candidate.hash, version: generation('1'), ...change })],
    }),
  );
}

describe('a Job or Pod that is gone', () => {
  it('stays gone when it was seen finished', () => {
    expect(planFor({}, { version: generation('1', true) })).toMatchObject({
      steps: [],
      keeps: [{ reason: 'finished' }],
    });
    expect(planFor({}, { version: generation('1', true) }, 'Pod').steps).toEqual([]);
  });

  it('stays gone when it was to vanish by itself, and that is remembered', () => {
    const plan = planFor({ spec: { ttlSecondsAfterFinished: 0 } }, {});
    expect(plan).toMatchObject({ steps: [], keeps: [{ entry: { version: generation('1', true) } }] });
  });

  it('is made again when nobody saw its end, when it is another manifest, or when it is of another kind', () => {
    expect(planFor({}, {}).steps).toHaveLength(1);
    expect(planFor({}, { version: generation('1', true), hash: 'another' }).steps).toHaveLength(1);
    expect(planFor({}, { version: generation('1', true) }, 'ConfigMap').steps).toHaveLength(1);
  });
});

describe('the status of what runs once', () => {
  it('says when it has ended: complete, failed or succeeded, and not while a condition is only there', () => {
    const job = (type: string, status: string) => ({ conditions: [{ type, status }] });
    const ends = [
      job('Complete', 'True'),
      job('Failed', 'True'),
      job('Complete', 'False'),
      job('Suspended', 'True'),
    ].map((status) => hasEnded(status));
    expect(ends).toEqual([true, true, false, false]);
    expect(['Succeeded', 'Failed', 'Running'].map((phase) => hasEnded({ phase }))).toEqual([true, true, false]);
    expect(hasEnded(undefined)).toBe(false);
  });
});
