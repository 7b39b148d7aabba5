import { describe, expect, it } from 'vitest';
import { isDue, judgePlace, judgePreview } from '../../../src/pulls/previews/judge.ts';
import type { PreviewFacts, SweptFacts } from '../../../src/pulls/previews/judge.ts';
import { aPullRequest, HEAD, OTHER } from './builders.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.parse('2026-03-10T12:00:00.000Z');
const NOW = new Date(NOW_MS).toISOString();
const ago = (ms: number) => new Date(NOW_MS - ms).toISOString();
const RULES = { label: 'preview', ttlMs: 24 * HOUR_MS, limit: 2, settings: { branch: 'main' } };

function judged(change: Partial<PreviewFacts> = {}) {
  return judgePreview(RULES, {
    pullRequest: aPullRequest(),
    isLive: false,
    seen: [],
    others: 0,
    nowMs: NOW_MS,
    ...change,
  });
}

const deploy = (since: string) => ({ kind: 'deploy', since });
const absent = (why: string) => ({ kind: 'absent', why });

describe('the preview of a pull request', () => {
  it.each([
    ['is deployed with the label, since now', {}, deploy(NOW)],
    ['is deployed beside other labels', { pullRequest: aPullRequest({ labels: ['a', 'preview'] }) }, deploy(NOW)],
    ['is deployed for a draft', { pullRequest: aPullRequest({ isDraft: true }) }, deploy(NOW)],
    ['does not exist for none', { pullRequest: null }, absent('closed')],
    [
      'does not exist for a closed one',
      { pullRequest: aPullRequest({ state: 'closed' }), isLive: true },
      absent('closed'),
    ],
    [
      'does not exist for a merged one',
      { pullRequest: aPullRequest({ state: 'merged' }), isLive: true },
      absent('closed'),
    ],
    ['does not exist without the label', { pullRequest: aPullRequest({ labels: ['Preview'] }) }, absent('unlabeled')],
    ['does not exist into another branch', { pullRequest: aPullRequest({ into: 'next' }) }, absent('into-another')],
    ['does not exist for a fork', { pullRequest: aPullRequest({ isFork: true }) }, absent('fork')],
    [
      'is deleted when its pull request became one of a fork',
      { pullRequest: aPullRequest({ isFork: true }), isLive: true },
      absent('fork'),
    ],
    [
      'keeps the time at which its head was seen',
      { seen: [{ head: HEAD, since: ago(HOUR_MS) }] },
      deploy(ago(HOUR_MS)),
    ],
    [
      'takes the earliest time of its head',
      {
        seen: [
          { head: HEAD, since: ago(1) },
          { head: HEAD, since: ago(5) },
          { head: OTHER, since: ago(9) },
        ],
      },
      deploy(ago(5)),
    ],
    [
      'begins again with another head',
      { seen: [{ head: OTHER, since: ago(48 * HOUR_MS) }], isLive: true },
      deploy(NOW),
    ],
    [
      'is there until its time is over',
      { seen: [{ head: HEAD, since: ago(24 * HOUR_MS - 1) }] },
      deploy(ago(24 * HOUR_MS - 1)),
    ],
    ['expires after it', { seen: [{ head: HEAD, since: ago(24 * HOUR_MS) }], isLive: true }, absent('expired')],
    ['stays expired once it is gone', { seen: [{ head: HEAD, since: ago(25 * HOUR_MS) }] }, absent('expired')],
    ['ignores a time that is not one', { seen: [{ head: HEAD, since: 'yesterday' }] }, deploy(NOW)],
    ['fits while there is room', { others: 1 }, deploy(NOW)],
    ['is left out when there is none', { others: 2 }, absent('full')],
    ['stays when the limit was lowered', { others: 5, isLive: true }, deploy(NOW)],
  ] satisfies readonly (readonly [string, Partial<PreviewFacts>, unknown])[])('%s', (_title, change, decision) => {
    expect(judged(change)).toEqual(decision);
  });
});

describe('a sweep', () => {
  const live = { head: HEAD, since: NOW };
  it.each([
    ['finds a lost label', { live: null }, true],
    ['leaves a preview at the head of its pull request', { live }, false],
    ['finds a lost push', { live: { head: OTHER, since: NOW } }, true],
    ['finds a preview that is not deployed', { live, isSettled: false }, true],
    ['finds a lost close', { live, pullRequest: null }, true],
    ['finds a lost removal of the label', { live, pullRequest: aPullRequest({ labels: [] }) }, true],
    ['finds one that expired', { live: { head: HEAD, since: ago(25 * HOUR_MS) } }, true],
    ['leaves a pull request without the label', { live: null, pullRequest: aPullRequest({ labels: [] }) }, false],
    ['leaves one that has no room', { live: null, others: 2 }, false],
    ['leaves one of a fork', { live: null, pullRequest: aPullRequest({ isFork: true }) }, false],
  ] satisfies readonly (readonly [string, Pick<SweptFacts, 'live'> & Partial<SweptFacts>, boolean])[])(
    '%s',
    (_title, change, due) => {
      const facts = { pullRequest: aPullRequest(), isSettled: true, others: 0, nowMs: NOW_MS, ...change };
      expect(isDue(RULES, facts)).toBe(due);
    },
  );
});

describe('previews that are created at the same time', () => {
  type Phase = 'before' | 'listed' | 'created' | 'judged' | 'complete' | 'out' | 'withdrawing';

  const others = (phases: readonly Phase[], own: number) =>
    phases.flatMap((phase, index) => {
      const exists = phase === 'created' || phase === 'judged' || phase === 'complete' || phase === 'withdrawing';
      return exists && index !== own ? [{ pullRequest: index, isComplete: phase === 'complete' }] : [];
    });

  /** The next request of one process. Its effect, or its answer, is of this moment. */
  function next(phase: Phase, own: number, { phases, limit }: { phases: readonly Phase[]; limit: number }): Phase {
    switch (phase) {
      case 'before':
        return others(phases, own).length < limit ? 'listed' : 'out';
      case 'listed':
        return 'created';
      case 'created': {
        const place = judgePlace(own, limit, others(phases, own));
        if (place === 'undecided') return 'created';
        return place === 'full' ? 'withdrawing' : 'judged';
      }
      case 'judged':
        return 'complete';
      case 'withdrawing':
        return 'out';
      case 'complete':
      case 'out':
        return phase;
      default:
        return phase satisfies never;
    }
  }

  it.each([
    [1, 2],
    [1, 3],
    [2, 3],
    [2, 4],
    [3, 4],
  ])('never exceed a limit of %i, and fill it, however the requests of %i processes interleave', (limit, processes) => {
    const seen = new Map<string, readonly Phase[]>();
    const ends: string[] = [];
    const waiting: (readonly Phase[])[] = [Array.from({ length: processes }, (): Phase => 'before')];
    for (let phases = waiting.pop(); phases !== undefined; phases = waiting.pop()) {
      if (seen.has(phases.join())) continue;
      seen.set(phases.join(), phases);
      const now = phases;
      const moves = now.flatMap((phase, own) => {
        const after = next(phase, own, { phases: now, limit });
        return after === phase ? [] : [now.with(own, after)];
      });
      if (moves.length === 0) ends.push(now.toSorted().join());
      waiting.push(...moves);
    }
    const most = [...seen.values()].map((phases) => phases.filter((phase) => phase === 'complete').length);
    expect(Math.max(...most)).toBe(limit);
    // Where nothing moves any more, all have ended, and none waits for another.
    const filled = [...Array<Phase>(limit).fill('complete'), ...Array<Phase>(processes - limit).fill('out')];
    expect([...new Set(ends)]).toEqual([filled.join()]);
  });
});
