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
  it('is not created again if it was seen finished', () => {
    expect(planFor({}, { version: generation('1', true) })).toMatchObject({
      steps: [],
      keeps: [{ reason: 'finished' }],
    });
    expect(planFor({}, { version: generation('1', true) }, 'Pod').steps).toEqual([]);
  });

  it('is not created again if it has a TTL, and is recorded as finished', () => {
    const plan = planFor({ spec: { ttlSecondsAfterFinished: 0 } }, {});
    expect(plan).toMatchObject({ steps: [], keeps: [{ entry: { version: generation('1', true) } }] });
  });

  it('is created again if it was never seen finished, if its manifest changed, or if it is another kind', () => {
    expect(planFor({}, {}).steps).toHaveLength(1);
    expect(planFor({}, { version: generation('1', true), hash: 'another' }).steps).toHaveLength(1);
    expect(planFor({}, { version: generation('1', true) }, 'ConfigMap').steps).toHaveLength(1);
  });
});

describe('the status of a Job or Pod', () => {
  it('counts as finished when it is complete, failed or succeeded, and not while the condition is False', () => {
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
