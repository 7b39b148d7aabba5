import { describe, expect, it } from 'vitest';
import { judgeApproval } from '../../../src/plan/approval/approval.ts';
import type { ApprovalFacts } from '../../../src/plan/approval/approval.ts';
import { hashPlan, meansPlan } from '../../../src/plan/approval/plan-hash.ts';
import type { PlannedFor } from '../../../src/plan/approval/plan-hash.ts';
import { awaitsApproval } from '../../../src/plan/model/plan.ts';
import type { Plan, Prune, Write } from '../../../src/plan/model/plan.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import type { Revision } from '../../../src/snapshot/source.ts';
import type { Approved } from '../../../src/state/target-state.ts';
import { aCandidate, anEntry, aResource, SEEN } from '../builders.ts';

const KEY = 'a key of the test, with 32 characters';
const NEWER = 'the key that it is rotated to';
const REVISION = 'a'.repeat(40) as Revision;
const OTHER = 'b'.repeat(40) as Revision;
const FOR: PlannedFor = {
  repository: 'https://github.com/acme/fleet.git',
  target: 'shop',
  cluster: 'lab',
  namespace: 'shop',
  settings: 's',
  previous: OTHER,
};

type Hashed = Pick<Plan, 'steps' | 'prunes' | 'releases'>;

function write(name: string, object: JsonObject = {}, change: Partial<Write> = {}): Write {
  const candidate = aCandidate(aResource('ConfigMap', name, { object }), { kind: 'creates' });
  return { op: 'create', candidate, unverified: false, from: null, ...change };
}

function secret(value: string): Write {
  const object = { stringData: { pin: value } };
  const candidate = aCandidate(aResource('Secret', 'pin', { object }), { kind: 'creates' });
  return { op: 'create', candidate, unverified: false, from: null };
}

const prune = (name: string): Prune => ({ op: 'prune', entry: anEntry(aResource('ConfigMap', name)) });
const planOf = (...steps: readonly (readonly Write[])[]): Hashed => ({ steps, prunes: [], releases: [] });
const hashOf = (plan: Hashed, planned: PlannedFor = FOR, key = KEY) => hashPlan(plan, planned, key).hash;

describe('the hash of a plan', () => {
  const plan = planOf([write('a'), write('b', { data: { v: '1' } })]);

  it('is the same for the same changes, however they are spread over steps', () => {
    expect(hashOf(plan)).toMatch(/^[0-9a-f]{32}$/);
    expect(hashOf(planOf([write('b', { data: { v: '1' } })], [write('a')]))).toBe(hashOf(plan));
  });

  it('differs with every part of a change', () => {
    const taken = [{ field: '.data.v', manager: 'kubectl-edit' }];
    const updated = aCandidate(aResource('ConfigMap', 'a'), { kind: 'updates', live: SEEN });
    const takes = { ...updated, observation: { kind: 'updates' as const, live: SEEN, taken } };
    const update = (candidate: typeof updated): Write => ({ ...write('a'), op: 'update', candidate });
    const all: readonly Hashed[] = [
      plan,
      planOf([write('a')]),
      planOf([write('a', { data: { v: '1' } })]),
      planOf([write('a', {}, { op: 'replace' })]),
      planOf([write('a', {}, { adopts: true })]),
      planOf([write('a', {}, { from: 'apps/old.yaml' })]),
      planOf([update(updated)]),
      planOf([update(takes)]),
      planOf([secret('1')]),
      planOf([secret('2')]),
      { ...planOf([write('a')]), prunes: [[prune('old')]] },
      { ...planOf([write('a')]), releases: [{ op: 'release', entry: prune('old').entry, to: 'blog' }] },
      { ...planOf([write('a')]), releases: [{ op: 'release', entry: prune('old').entry, to: 'web' }] },
      planOf(),
    ];
    expect(new Set(all.map((each) => hashOf(each))).size).toBe(all.length);
  });

  it('differs with what it is for, and with the key', () => {
    const others: readonly PlannedFor[] = [
      { ...FOR, repository: 'https://github.com/acme/other.git' },
      { ...FOR, target: 'blog' },
      { ...FOR, cluster: 'prod' },
      { ...FOR, namespace: 'blog' },
      { ...FOR, settings: 't' },
      { ...FOR, previous: REVISION },
      { ...FOR, previous: null },
    ];
    const all = [hashOf(plan), hashOf(plan, FOR, NEWER), ...others.map((each) => hashOf(plan, each))];
    expect(new Set(all).size).toBe(all.length);
  });

  it('is meant by seven digits or more of it, and by nothing else', () => {
    const { hash } = hashPlan(plan, FOR, KEY);
    for (const written of [hash, hash.slice(0, 7), hash.slice(0, 20)]) expect(meansPlan(written, { hash })).toBe(true);
    const wrong = [hash.slice(0, 6), '', `${hash}0`, hash.slice(1), hash.toUpperCase() + 'G', '.......'];
    for (const written of wrong) expect([written, meansPlan(written, { hash })]).toEqual([written, false]);
  });
});

describe('an approval', () => {
  const plan = planOf([write('a')], [write('b')]);
  const facts = (change: Partial<ApprovalFacts> = {}, of: Hashed = plan): ApprovalFacts => ({
    revision: REVISION,
    hashes: [hashPlan(of, FOR, KEY)],
    given: null,
    reviewed: [],
    recorded: null,
    keys: [KEY],
    ...change,
  });
  const given = { hash: hashPlan(plan, FOR, KEY).hash.slice(0, 7), by: 'cli jo' };

  function recorded(): Approved {
    const verdict = judgeApproval(facts({ given }));
    if (verdict.kind !== 'approved') throw new Error(verdict.reason);
    return verdict.approved;
  }

  it('lets exactly its plan through, and says what the plan is without one', () => {
    expect(judgeApproval(facts({ given }))).toMatchObject({ kind: 'approved', approved: { by: 'cli jo' } });
    expect(judgeApproval(facts())).toEqual({
      kind: 'not-approved',
      reason: `waits for approval: 2 creates: ConfigMap a, ConfigMap b; approve ${given.hash}`,
    });
    const more = planOf([write('a')], [write('b')], [write('c'), write('d')]);
    expect(judgeApproval(facts({ given }, more))).toEqual({
      kind: 'not-approved',
      reason: expect.stringMatching(
        /^the plan is not the one that was approved: 4 creates: ConfigMap a, ConfigMap b, ConfigMap c and 1 more; approve [0-9a-f]{7}$/,
      ) as string,
    });
  });

  it('is what a run waits for when its reason says so', () => {
    const verdict = judgeApproval(facts());
    const on = verdict.kind === 'approved' ? [] : [verdict.reason];
    expect(awaitsApproval(on)).toBe(true);
    expect(awaitsApproval(['held by jo since Nov 28 10:02 UTC: approve this later', 'Deployment shop/web'])).toBe(
      false,
    );
  });

  it('is the plan that was shown on the merged pull request, and no other one', () => {
    const { hash } = hashPlan(plan, FOR, KEY);
    const reviewed = [
      { pullRequest: 12, hash: hashPlan(planOf([write('c')]), FOR, KEY).hash },
      { pullRequest: 13, hash },
    ];
    expect(judgeApproval(facts({ reviewed }))).toMatchObject({ kind: 'approved', approved: { by: '#13' } });
    const changed = judgeApproval(facts({ reviewed: reviewed.slice(0, 1) }));
    expect(changed).toMatchObject({
      kind: 'not-approved',
      reason: expect.stringMatching(/^the plan changed since it was reviewed on #12: 2 creates: /) as string,
    });
    const cut = [{ pullRequest: 13, hash: hash.slice(0, 7) }];
    expect(judgeApproval(facts({ reviewed: cut })).kind).toBe('not-approved');
  });

  it('is not one without a key', () => {
    expect(judgeApproval(facts({ given, hashes: [], keys: [] }))).toMatchObject({ kind: 'not-approved' });
  });

  it('covers what is left of its plan, and nothing that was not part of it', () => {
    const approved = recorded();
    expect(judgeApproval(facts({ recorded: approved }, planOf([write('b')])))).toMatchObject({ kind: 'approved' });
    for (const beyond of [
      planOf([write('b'), write('c')]),
      planOf([write('b', { data: { v: '9' } })]),
      planOf([write('b', {}, { op: 'replace' })]),
      { ...planOf([write('b')]), prunes: [[prune('a')]] },
    ])
      expect(judgeApproval(facts({ recorded: approved }, beyond))).toMatchObject({ kind: 'not-approved' });
  });

  it('does not continue with another commit, for another target or after another commit', () => {
    const approved = recorded();
    const rest = planOf([write('b')]);
    expect(judgeApproval(facts({ recorded: approved, revision: OTHER }, rest)).kind).toBe('not-approved');
    for (const planned of [
      { ...FOR, target: 'blog' },
      { ...FOR, previous: REVISION },
    ])
      expect(judgeApproval(facts({ recorded: approved, hashes: [hashPlan(rest, planned, KEY)] })).kind).toBe(
        'not-approved',
      );
  });

  it('in the state is not believed when it was written or changed there by someone without the key', () => {
    const approved = recorded();
    const all = hashPlan(planOf([write('evil')]), FOR, KEY).changes.map(({ hash }) => hash);
    for (const forged of [
      { ...approved, changes: all },
      { ...approved, changes: [...approved.changes, ...all] },
      { ...approved, proof: '' },
      { ...approved, proof: approved.proof.slice(1) },
      { ...approved, by: 'mallory' },
    ])
      expect(judgeApproval(facts({ recorded: forged }, planOf([write('evil')]))).kind).toBe('not-approved');
    expect(judgeApproval(facts({ recorded: { ...approved, by: 'mallory' } })).kind).toBe('not-approved');
  });

  it('is proven by each of two keys while they are rotated', () => {
    const hashes = [NEWER, KEY].map((key) => hashPlan(plan, FOR, key));
    expect(judgeApproval(facts({ given, hashes, keys: [NEWER, KEY] }))).toMatchObject({ kind: 'approved' });
    const approved = recorded();
    expect(judgeApproval(facts({ recorded: approved, hashes, keys: [NEWER, KEY] }))).toMatchObject({
      kind: 'approved',
    });
    const other = [hashPlan(plan, FOR, NEWER)];
    expect(judgeApproval(facts({ recorded: approved, hashes: other, keys: [NEWER] })).kind).toBe('not-approved');
  });
});
