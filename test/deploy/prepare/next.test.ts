import { describe, expect, it } from 'vitest';
import { nextOf } from '../../../src/deploy/prepare/next.ts';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import { formatId } from '../../../src/resource/resource.ts';
import { aCandidate, aResource, anEntry, someFacts } from '../../plan/builders.ts';

const moved = anEntry(aResource('ConfigMap', 'moved'));
const gone = anEntry(aResource('ConfigMap', 'gone'));
const stays = aCandidate(aResource('ConfigMap', 'stays'), { kind: 'recorded' });
const elsewhere = new Map([[formatId(moved.id), { target: 'blog', kind: 'defined', hasRun: true } as const]]);
/** Old pods may need what it prunes, so it pauses before that. */
const paused = { ...makePlan(someFacts({ candidates: [stays], entries: [moved, gone], elsewhere })), pauseAfter: 0 };

describe('a run that pauses before its prunes', () => {
  it('releases what another target waits for first', () => {
    expect(paused.releases).toHaveLength(1);
    expect(nextOf(paused)).toBe('apply');
  });

  it('does nothing else', () => {
    expect(nextOf({ ...paused, releases: [] })).toBe('pause');
  });
});
