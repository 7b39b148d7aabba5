import { describe, expect, it } from 'vitest';
import { outcomeChange } from '../../../src/deploy/run/record-outcome.ts';
import { decodeHistory } from '../../../src/state/decode-history.ts';
import { owed } from '../../../src/deploy/run/outcome.ts';
import type { TargetRequest } from '../../../src/deploy/ports/request.ts';
import type { ObjectId, Revision } from '../../../src/snapshot/source.ts';
import { NOTHING_RECORDED, withChange } from '../../../src/state/target-state.ts';
import { aTarget } from '../../githost/builders.ts';

const revision = 'a'.repeat(40) as Revision;
const DEPLOYED_AT = '2026-01-01T00:00:05.000Z';
const BEFORE = '2026-01-01T00:00:01.000Z';
const AFTER = '2026-01-01T00:00:09.000Z';
const tree = 'b'.repeat(40) as ObjectId;

/** A run left the commit pending, applied it, and may have died before it reported that. */
const APPLIED = withChange(NOTHING_RECORDED, {
  applied: { source: { revision, rootTree: tree, tree }, deployedAt: DEPLOYED_AT },
  outcome: { verdict: 'deployed', attempted: revision, pendingOn: revision },
});
const request = (given: Partial<TargetRequest>): TargetRequest => ({
  target: aTarget(),
  trigger: { kind: 'delivery', id: '1' },
  hint: null,
  at: BEFORE,
  ...given,
});
const owedTo = (given: Partial<TargetRequest>, state = APPLIED) => owed({ request: request(given), state, revision });

describe('the status of a commit whose objects are applied', () => {
  it('is owed when the run of a retried request may have died before it reported', () => {
    const waits = aTarget({ waitMs: 1 });
    expect(owedTo({ tries: 2, target: waits })).toEqual({ isOwed: true, readiness: 'ready' });
    const awaited = withChange(APPLIED, { progress: { awaited: { revision, sinceMs: 1 } } });
    expect(owedTo({ tries: 2, target: waits }, awaited)).toEqual({ isOwed: true });
    expect(owedTo({ tries: 2, target: aTarget({ waitMs: 0 }) })).toEqual({ isOwed: true });
  });

  it('is not owed to a first request that is older than the run, which reported for both', () => {
    expect(owedTo({ tries: 1 })).toEqual({});
  });

  it('is there already when the request arrived after the commit was applied', () => {
    expect(owedTo({ tries: 2, at: AFTER })).toEqual({ isAnswered: true });
  });

  it('is not owed when no run left the commit pending', () => {
    expect(owedTo({ tries: 2 }, withChange(APPLIED, { outcome: { pendingOn: null } }))).toEqual({});
  });
});

describe('an outcome in the history of a target', () => {
  it('has the beginning of a long subject and author, never half of an emoji', () => {
    const commit = { subject: `${'a'.repeat(71)}🙂`, author: `${'b'.repeat(39)}🙂`, committedMs: 0 };
    const run = { state: NOTHING_RECORDED, revision, commit, request: request({}), sinceMs: 0, clock: () => 1 };
    const [entry] = decodeHistory(outcomeChange(run, { verdict: 'deployed' }).history ?? []);
    expect(entry).toMatchObject({ subject: 'a'.repeat(71), author: 'b'.repeat(39) });
  });
});
