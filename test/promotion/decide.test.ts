import { describe, expect, it } from 'vitest';
import type { Edit } from '../../src/promotion/carry/carried.ts';
import { isOlder, judge } from '../../src/promotion/record/judge.ts';
import type { PromotionRecord } from '../../src/promotion/record/record.ts';
import { gateOf } from '../../src/promotion/stages/gate.ts';
import { pauseUntil } from '../../src/promotion/stages/pause.ts';
import { stageFacts } from '../../src/promotion/stages/stage-facts.ts';
import type { StageFacts } from '../../src/promotion/stages/stage-facts.ts';
import { missingStatus } from '../../src/promotion/stages/statuses.ts';
import { NOTHING_RECORDED, withChange } from '../../src/state/target-state.ts';
import type { StateChange } from '../../src/state/target-state.ts';
import type { ReadinessRecord } from '../../src/state/readiness.ts';
import { asObjectId, asRevision } from '../../src/snapshot/source.ts';
import { windows } from '../../src/config/windows/window-shape.ts';

const READY_MS = Date.parse('2026-11-28T10:00:00Z');
const HOUR_MS = 3_600_000;

function revision(digit: string) {
  const found = asRevision(digit.repeat(40));
  if (found === null) throw new Error(`${digit} makes no commit id`);
  return found;
}

const TREE = asObjectId('e'.repeat(40)) ?? undefined;
const source = { revision: revision('a'), rootTree: TREE ?? fail(), tree: null };

function fail(): never {
  throw new Error('not an id');
}

const DEPLOYED: StateChange = {
  applied: { source, deployedAt: '2026-11-28T09:59:00Z' },
  run: { dirty: [] },
  outcome: { verdict: 'deployed' },
  progress: { awaited: { revision: revision('a'), sinceMs: 1 } },
};
const READY: ReadinessRecord = {
  revision: revision('a'),
  sinceMs: 1,
  readiness: 'ready',
  notReady: [],
  lastReady: null,
  at: '2026-11-28T10:00:00Z',
};

/** A stage that is ready, but for a change of its state or of its `.ready` object. */
function facts(change: StateChange = {}, record: Partial<ReadinessRecord> | null = {}, waitMs = 1): StageFacts {
  const state = withChange(withChange(NOTHING_RECORDED, DEPLOYED), change);
  const read = { state, record: record === null ? null : { ...READY, ...record } };
  return stageFacts({ name: 'dev', waitMs }, read, READY_MS);
}

const NOT_READY = [{ kind: 'Deployment', namespace: 'shop', name: 'web', reason: 'ImagePullBackOff' }];

describe('what a stage has that may be promoted', () => {
  it.each<[string, StageFacts, unknown]>([
    ['what became ready', facts(), { source, sinceMs: READY_MS }],
    [
      'what is deployed, of a target that is not waited for',
      facts({}, null, 0),
      { source, sinceMs: READY_MS - 60_000 },
    ],
    [
      'what is deployed and takes no time to become ready',
      facts({ progress: { awaited: null } }, null),
      { source, sinceMs: READY_MS - 60_000 },
    ],
    [
      'what a later deploy changed that takes no time to become ready, since then',
      facts({ applied: { source, deployedAt: '2026-11-28T10:05:00Z' } }),
      { source, sinceMs: READY_MS + 300_000 },
    ],
    [
      'what is deployed while a window keeps the tip back',
      facts({
        outcome: { verdict: 'waiting' },
        progress: {
          waiting: {
            revision: revision('b'),
            sinceMs: 2,
            created: 0,
            updated: 0,
            pruned: 0,
            isApplied: false,
            on: [],
            isDeferred: true,
            isExact: false,
          },
        },
      }),
      { source, sinceMs: READY_MS },
    ],
    ['nothing before the first deploy', facts({ applied: { source: null } }), { why: 'nothing was deployed yet' }],
    ['nothing while a run is under way', facts({ run: { dirty: ['a.yaml'] } }), { why: 'a deploy is not finished' }],
    [
      'nothing after a failed run',
      facts({ outcome: { verdict: 'failed' } }),
      { why: 'the verdict of the last deploy is failed' },
    ],
    [
      'nothing after a refusal',
      facts({ outcome: { verdict: 'refused' } }),
      { why: 'the verdict of the last deploy is refused' },
    ],
    [
      'nothing while a deploy is repeated',
      facts({ outcome: { retry: { revision: null, reason: 'no answer', since: '' } } }),
      { why: 'the deploy is being retried: no answer' },
    ],
    ['nothing before it is ready', facts({}, { readiness: 'progressing' }), { why: 'it is not ready yet' }],
    ['nothing of an older check', facts({}, { sinceMs: 0 }), { why: 'it is not ready yet' }],
    [
      'nothing when it does not become ready',
      facts({}, { readiness: 'not-ready', notReady: NOT_READY }),
      { why: 'it is not ready: Deployment shop/web: ImagePullBackOff' },
    ],
  ])('is %s', (_what, { deployed }, expected) => expect(deployed).toEqual(expected));

  it.each([
    [
      'an approval',
      true,
      'waits for approval: 1 update; approve 3f9c2a1',
      'waits for approval: 1 update; approve 3f9c2a1',
    ],
    ['an object', false, 'Deployment shop/db', 'waits for Deployment shop/db'],
  ])('has the commit that waits for %s', (_what, isDeferred, text, reason) => {
    const on = [text];
    const counts = { created: 0, updated: 0, pruned: 0 };
    const waiting = {
      revision: revision('b'),
      sinceMs: 2,
      ...counts,
      isApplied: false,
      isExact: false,
      on,
      isDeferred,
    };
    expect(facts({ progress: { waiting } }).waiting).toEqual({ revision: revision('b'), reason });
    expect(facts().waiting).toBeNull();
  });

  it('is on hold as long as the hold is in force', () => {
    const hold = { by: 'ann', reason: 'incident', since: '2026-11-28T09:00:00Z', at: null, from: null };
    const held = (until: string | null) =>
      stageFacts(
        { name: 'dev', waitMs: 1 },
        { state: { ...NOTHING_RECORDED, hold: { ...hold, until } }, record: null },
        READY_MS,
      ).held;
    expect(held(null)).toBe('held by ann since Nov 28 09:00 UTC: incident');
    expect(held('2026-11-28T10:00:00Z')).toBeNull();
  });
});

const RULES = { after: { soakMs: 0, statuses: [] }, windows: [] };
const stage = (name: string, sinceMs: number, change: Partial<StageFacts> = {}): StageFacts => {
  return { stage: name, deployed: { source, sinceMs }, held: null, heldUntilMs: null, waiting: null, ...change };
};

describe('the gate before a stage', () => {
  it('opens when the soak is over, and not a millisecond before', () => {
    const at = (nowMs: number) =>
      gateOf(
        { ...RULES, after: { soakMs: HOUR_MS, statuses: [] } },
        { agree: 'all' },
        { facts: [stage('dev', READY_MS)], nowMs },
      );
    const waits = {
      kind: 'waits',
      reason: 'dev: it soaks until 2026-11-28T11:00:00.000Z',
      untilMs: READY_MS + HOUR_MS,
    };
    expect([at(READY_MS), at(READY_MS + HOUR_MS - 1)]).toEqual([waits, waits]);
    expect(at(READY_MS + HOUR_MS)).toMatchObject({ kind: 'open', stages: [{ stage: 'dev' }] });
  });

  it('is closed for all while one stage is not open, and open for any with those that are, the newest first', () => {
    const bad = stage('us', 0, { deployed: { why: 'it is not ready yet' } });
    const all = [stage('eu', 1), bad, stage('ap', 2)];
    const gate = (agree: 'all' | 'any', of: readonly StageFacts[]) => gateOf(RULES, { agree }, { facts: of, nowMs: 3 });
    expect(gate('all', all)).toEqual({ kind: 'waits', reason: 'us: it is not ready yet', untilMs: null });
    expect(gate('any', all)).toMatchObject({ kind: 'open', stages: [{ stage: 'ap' }, { stage: 'eu' }] });
    expect(gate('any', [bad])).toEqual({ kind: 'waits', reason: 'us: it is not ready yet', untilMs: null });
  });

  it('is closed while a stage is held, because a hold does not travel', () => {
    const held = stage('dev', 0, { held: 'held by ann since Nov 28 09:00 UTC: incident' });
    expect(gateOf(RULES, { agree: 'all' }, { facts: [held], nowMs: 1 })).toEqual({
      kind: 'waits',
      reason: 'dev: it is held by ann since Nov 28 09:00 UTC: incident',
      untilMs: null,
    });
  });

  it('is closed outside the windows', () => {
    const weekdays = windows.parse([{ allow: 'Mon-Fri 09:00-17:00', timezone: 'UTC' }]);
    const at = (nowMs: number) =>
      gateOf({ ...RULES, windows: weekdays }, { agree: 'all' }, { facts: [stage('dev', 0)], nowMs }).kind;
    // 2026-11-30 is a Monday.
    const opensMs = Date.parse('2026-11-30T09:00:00Z');
    expect([at(opensMs - 1), at(opensMs)]).toEqual(['waits', 'open']);
  });

  const SATURDAY_MS = Date.parse('2026-11-28T12:00:00Z');
  const MONDAY_MS = Date.parse('2026-11-30T09:00:00Z');
  const unready = stage('us', 0, { deployed: { why: 'it is not ready yet' } });
  const held = (heldUntilMs: number | null) => stage('dev', SATURDAY_MS, { held: 'held by ann', heldUntilMs });

  it.each<[string, 'all' | 'any', readonly StageFacts[], string | null, number | null]>([
    ['the end of the last soak, for all', 'all', [stage('eu', 5), stage('us', 9)], null, 9 + HOUR_MS],
    ['the end of the first soak, for any', 'any', [stage('eu', 5), stage('us', 9)], null, 5 + HOUR_MS],
    ['unknown for all, while one stage is not ready', 'all', [stage('eu', 5), unready], null, null],
    [
      'the end of a soak for any, while another stage is not ready',
      'any',
      [unready, stage('eu', 5)],
      null,
      5 + HOUR_MS,
    ],
    ['unknown for any, while none is ready', 'any', [unready], null, null],
    ['unknown, while a person has not said until when the stage is held', 'all', [held(null)], null, null],
    ['the end of a hold', 'all', [held(SATURDAY_MS + 3 * HOUR_MS)], null, SATURDAY_MS + 3 * HOUR_MS],
    ['the end of the soak after a shorter hold', 'all', [held(SATURDAY_MS + 1)], null, SATURDAY_MS + HOUR_MS],
    ['the opening of the window', 'all', [stage('eu', SATURDAY_MS - 9 * HOUR_MS)], 'Mon-Fri 09:00-17:00', MONDAY_MS],
    ['the opening after the soak', 'all', [stage('eu', SATURDAY_MS)], 'Sat 11:00-12:30', SATURDAY_MS + 167 * HOUR_MS],
    [
      'the end of a soak in an open window',
      'all',
      [stage('eu', SATURDAY_MS)],
      'Sat 11:00-14:00',
      SATURDAY_MS + HOUR_MS,
    ],
    ['unknown while a window is closed and a stage is not ready', 'all', [unready], 'Mon-Fri 09:00-17:00', null],
  ])('knows when time alone opens it: %s', (_what, agree, of, allow, untilMs) => {
    const rules = {
      after: { soakMs: HOUR_MS, statuses: [] },
      windows: allow === null ? [] : windows.parse([{ allow, timezone: 'UTC' }]),
    };
    const nowMs = Math.max(...of.map(({ deployed }) => ('why' in deployed ? 0 : deployed.sinceMs)));
    const now = allow === null ? nowMs : SATURDAY_MS;
    expect(gateOf(rules, { agree }, { facts: of, nowMs: now })).toMatchObject({ kind: 'waits', untilMs });
  });
});

describe('a message about a step', () => {
  const MINUTE_MS = 60_000;

  it.each<[string, number | null, number, number | null]>([
    ['waits until the step may move', READY_MS + 5 * MINUTE_MS, 1, 5 * MINUTE_MS],
    ['does not wait for a time that is over', READY_MS - 1, 1, 0],
    ['waits beyond the next sweep', READY_MS + 12 * MINUTE_MS, 1, 12 * MINUTE_MS],
    ['leaves what is later to the sweep', READY_MS + 12 * MINUTE_MS + 1, 1, null],
    ['leaves what has no known time to events', null, 1, null],
    ['waits again when the soak has begun again', READY_MS + MINUTE_MS, 19, MINUTE_MS],
    ['is not received so often that SQS gives it up', READY_MS + MINUTE_MS, 20, null],
  ])('%s', (_what, untilMs, tries, pauseMs) => expect(pauseUntil(untilMs, { nowMs: READY_MS, tries })).toBe(pauseMs));
});

describe('a required commit status', () => {
  const found = (author: string | null, state: 'success' | 'failure' | 'pending', context = 'e2e') => {
    return { context, author, state };
  };
  const required = [{ context: 'e2e', by: 'CI-bot' }];

  it.each([
    ['met by a success of the named user', required, [found('ci-bot', 'success')], null],
    ['met by the newest of several', required, [found('ci-bot', 'success'), found('ci-bot', 'failure')], null],
    [
      'not met by an older success',
      required,
      [found('ci-bot', 'failure'), found('ci-bot', 'success')],
      'the status e2e of CI-bot is failure',
    ],
    [
      'not met by a success of another user',
      required,
      [found('eve', 'success')],
      'the status e2e of CI-bot is missing',
    ],
    [
      'not met when another user covers a failure',
      required,
      [found('eve', 'success'), found('ci-bot', 'failure')],
      'the status e2e of CI-bot is failure',
    ],
    ['met on a host that names no author', required, [found(null, 'success')], null],
    ['met by anyone where no user is named', [{ context: 'e2e', by: null }], [found('eve', 'success')], null],
    [
      'not met by another context',
      required,
      [found('ci-bot', 'success', 'e2e/slow')],
      'the status e2e of CI-bot is missing',
    ],
    [
      'not met while one of several is pending',
      [...required, { context: 'load', by: null }],
      [found('ci-bot', 'success'), found('x', 'pending', 'load')],
      'the status load is pending',
    ],
  ])('is %s', (_what, of, statuses, reason) => {
    expect(missingStatus(of, statuses)).toBe(reason);
  });
});

const WEB = 'ghcr.io/acme/web';
const edit = (from: string, to: string): Edit => ({ key: WEB, path: 'web.yaml', line: 7, from, to });
const record = (from: string, to: string, hold: string | null = null): PromotionRecord => {
  return { moved: [{ key: WEB, from: [from], to }], hold, commit: null, pullRequest: null };
};
const proposed = (from: string, to: string): PromotionRecord => ({ ...record(from, to), pullRequest: 12 });

describe('what automation may write', () => {
  it.each<[string, Edit, readonly PromotionRecord[], string | null]>([
    ['writes the first version', edit('build-7', 'build-8'), [], null],
    ['writes a version that the stage never had', edit('1.1.0', '1.2.0'), [record('1.0.0', '1.1.0')], null],
    ['does not go back to what it replaced', edit('main-2', 'main-1'), [record('main-1', 'main-2')], 'is older than'],
    [
      'does not go back to what it wrote long ago',
      edit('main-4', 'main-2'),
      [record('main-3', 'main-4'), record('main-2', 'main-3'), record('main-1', 'main-2')],
      'rollbacks are not promoted',
    ],
    [
      'does not write again what a person took back',
      edit('main-1', 'main-2'),
      [record('main-1', 'main-2')],
      'main-2 was promoted to prod and taken back there',
    ],
    ['writes what is newer than what a person took back', edit('main-1', 'main-3'), [record('main-1', 'main-2')], null],
    ['does not lower a version that a person wrote', edit('1.10.0', '1.9.0'), [], 'is older than 1.10.0 in prod'],
    [
      'does not move past a hold',
      edit('1.0.0', '1.2.0'),
      [record('1.1.0', '1.0.0', 'ann'), record('1.0.0', '1.1.0')],
      'ann promoted an older version to prod: automation is on hold until a person promotes again',
    ],
    [
      'moves after a person promoted again',
      edit('1.1.0', '1.2.0'),
      [record('1.0.0', '1.1.0'), record('1.1.0', '1.0.0', 'ann')],
      null,
    ],
    [
      'knows another digest of a tag as another version',
      edit('main@sha256:a', 'main@sha256:b'),
      [record('main', 'main@sha256:a')],
      null,
    ],
    [
      'knows the digest of a tag that was written before',
      edit('main@sha256:b', 'main@sha256:a'),
      [record('main@sha256:a', 'main@sha256:b')],
      'is older',
    ],
  ])('%s', (_what, of, records, reason) => {
    const judged = judge([of], { stage: 'prod', records });
    expect(judged.kind).toBe(reason === null ? 'moves' : 'waits');
    expect(judged.kind === 'waits' ? judged.reason : '').toContain(reason ?? '');
  });

  it.each([
    [12, { kind: 'moves' }],
    [
      13,
      {
        kind: 'waits',
        reason: `${WEB} main-2 was proposed to prod by pull request 12, which was closed, or merged and reverted`,
      },
    ],
  ])('counts what pull request 12 proposed while pull request %s is open', (open, judgment) => {
    const records = [proposed('main-1', 'main-2')];
    expect(judge([edit('main-1', 'main-2')], { stage: 'prod', records, open })).toEqual(judgment);
  });

  it('does not show a value of a file, which may be a secret', () => {
    const value = { ...edit('hunter1', 'hunter2'), key: 'values.yaml#password' };
    const records = [
      { moved: [{ ...value, from: ['hunter2'], to: 'hunter1' }], hold: null, commit: null, pullRequest: null },
    ];
    expect(JSON.stringify(judge([value], { stage: 'prod', records }))).not.toContain('hunter');
  });

  it.each<[string, Edit, readonly PromotionRecord[], boolean]>([
    [
      'to what was promoted last, after it was taken back',
      edit('main-1', 'main-2'),
      [record('main-1', 'main-2')],
      false,
    ],
    ['to what was replaced', edit('main-2', 'main-1'), [record('main-1', 'main-2')], true],
    [
      'forward again after a person went back',
      edit('main-1', 'main-2'),
      [record('main-2', 'main-1', 'ann'), record('main-1', 'main-2')],
      false,
    ],
    ['from what a person wrote to what was promoted last', edit('mine', 'main-2'), [record('main-1', 'main-2')], false],
    ['from what a person wrote to what was replaced', edit('mine', 'main-1'), [record('main-1', 'main-2')], true],
    ['to a version that the stage never had', edit('main-2', 'main-3'), [record('main-1', 'main-2')], false],
    ['to a lower version that the stage never had', edit('1.1.0', '1.0.9'), [], true],
  ])('knows whether a person goes back: %s', (_what, of, records, expected) => {
    expect(isOlder(of, records)).toBe(expected);
  });
});
