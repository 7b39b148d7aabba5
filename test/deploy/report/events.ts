import type { Problem } from '../../../src/error/deploy-error.ts';
import type { Report } from '../../../src/deploy/ports/report.ts';
import type { RunEvent } from '../../../src/deploy/ports/run-event.ts';
import { failed, unchanged } from '../../../src/deploy/report/report.ts';
import type { Revision } from '../../../src/snapshot/source.ts';

export const A = 'a'.repeat(40) as Revision;
const B = 'b'.repeat(40) as Revision;

export const SUBJECT = {
  target: 'shop',
  repository: 'fleet',
  delivery: 'd-1',
  notify: ['team'],
  requestedAt: '2026-11-28T10:00:00.000Z',
};
const timing = { durationMs: 3100, stagesMs: { apply: 80 } };
export const problem: Problem = {
  code: 'manifest-invalid',
  subject: 'web.yaml:7',
  message: 'has no name',
  remedy: 'Name it.',
};
const notReady = [{ kind: 'Deployment', namespace: 'shop', name: 'web', reason: 'ImagePullBackOff' }];
const counts = { created: 1, updated: 2, pruned: 0 };
export const deployed: Report = {
  ...unchanged(A, null),
  ...counts,
  verdict: 'deployed',
  isRecorded: true,
  readiness: 'ready',
};

export const finished = (report: Report, more: Partial<Extract<RunEvent, { kind: 'finished' }>> = {}): RunEvent => ({
  kind: 'finished',
  report,
  purpose: 'tip',
  answersCommit: true,
  timing,
  ...more,
});

const hold = { by: 'jo', reason: 'incident', since: '2026-11-28T10:02:00.000Z', at: A, from: null, until: null };
const FINAL = { isStatusFinal: true };

/** Events of every kind that a run reports. The test of a channel has one expectation for each, and the compiler shows a missing one. */
export const EVENTS = {
  'a run that starts': { kind: 'started', revision: A },
  'a run that waits for three targets': {
    kind: 'waiting',
    revision: A,
    waitingFor: ['target infra', 'target db', 'target web'],
  },
  'a commit that was superseded before it was applied': { kind: 'superseded', revision: A, by: B, isApplied: false },
  'a commit that was superseded before it was ready': { kind: 'superseded', revision: A, by: B, isApplied: true },
  'a deploy that is ready at once': finished(deployed),
  'a deploy whose readiness is still checked': finished({ ...deployed, readiness: 'awaited' }),
  'a deploy of a target that does not wait': finished({ ...deployed, readiness: null }),
  'a deploy that adopts an object': finished({ ...deployed, adopted: 1 }),
  'the last of several runs of one commit': finished({
    ...deployed,
    overall: { created: 4, updated: 2, pruned: 1, durationMs: 60_000 },
  }),
  'a run without changes that answers a delivery': finished(unchanged(A, A)),
  'a run without changes that answers no delivery': finished(unchanged(A, A), { answersCommit: false }),
  'a run without changes after one that died': finished({ ...unchanged(A, A), readiness: 'ready', isOwed: true }),
  'a run without changes after one whose readiness is checked': finished({
    ...unchanged(A, A),
    readiness: 'awaited',
    isOwed: true,
  }),
  'a refusal that is recorded': finished({
    ...unchanged(A, null),
    verdict: 'refused',
    errors: [problem, problem],
    isRecorded: true,
  }),
  'a refusal that could not be recorded': finished({ ...unchanged(A, null), verdict: 'refused', errors: [problem] }),
  'a partial deploy': finished({
    ...unchanged(A, null),
    verdict: 'partial',
    errors: [problem],
    failed: 1,
    isRecorded: true,
  }),
  'a failure that Git can fix': finished(failed(problem, A)),
  'a failure that Git cannot fix': finished(failed({ ...problem, code: 'cluster-unreachable' }, A)),
  'a failure of no known commit': finished(failed(problem, null)),
  'a run that waits': finished({ ...deployed, verdict: 'waiting', readiness: null }),
  'a correction of drift': finished(deployed, { purpose: 'drift' }),
  'a failure that is retried': { kind: 'retrying', report: failed(problem, A), timing, pending: null },
  'a failure that is retried for the third time': {
    kind: 'retrying',
    report: failed({ ...problem, message: 'webhook x does not answer: connection refused' }, A),
    timing,
    pending: { revision: A, tries: 3 },
  },
  'progress of objects that are not ready': { kind: 'progressing', ready: 1, total: 2, notReady },
  readiness: { kind: 'ready', revision: A, counts, isStatusFinal: false, durationMs: 3100 },
  'ready objects of a superseded commit': { kind: 'ready', revision: A, counts, durationMs: 3100, ...FINAL },
  'objects that are not ready': {
    kind: 'not-ready',
    revision: A,
    total: 3,
    notReady,
    isStatusFinal: false,
    durationMs: 1,
  },
  'unready objects of a superseded commit': {
    kind: 'not-ready',
    revision: A,
    total: 3,
    notReady,
    durationMs: 1,
    ...FINAL,
  },
  'a request without retries left': {
    kind: 'gave-up',
    on: 'run',
    revision: A,
    reason: 'see the log',
    isStatusFinal: false,
    durationMs: 1,
  },
  'readiness that stays unknown': {
    kind: 'gave-up',
    on: 'readiness',
    revision: A,
    reason: 'no answer',
    isStatusFinal: false,
    durationMs: 1,
  },
  'drift that was corrected': { kind: 'drift', outcome: 'corrected', revision: A, problems: [problem] },
  'drift that is contested': { kind: 'drift', outcome: 'contested', revision: A, problems: [problem] },
  'a commit that waits for the end of a hold': { kind: 'deferred', revision: A, reason: 'held by jo' },
  'a deploy outside the windows': {
    kind: 'window-overridden',
    by: 'jo',
    reason: 'incident',
    closed: 'waits for the window, opens Mon 09:00 CET',
  },
  'a hold': { kind: 'held', hold },
  'versions of images that were committed': {
    kind: 'image',
    branch: 'main',
    revision: A,
    changes: [{ image: 'web', from: ['1.2.0'], to: '1.3.0' }],
    pullRequest: null,
  },
  'a promotion': {
    kind: 'promoted',
    promotion: 'shop',
    branch: 'main',
    revision: A,
    from: [{ stage: 'shop-dev', revision: B }],
    changes: [
      { key: 'ghcr.io/acme/web', from: ['1.2.0'], to: '1.3.0' },
      { key: 'values.yaml#replicas', from: [], to: null },
    ],
    by: null,
    pullRequest: 'https://git.example.com/acme/fleet/pulls/12',
  },
  'the end of a hold': { kind: 'hold-ended', by: 'ann', hold },
} satisfies Readonly<Record<string, RunEvent>>;

export type EventName = keyof typeof EVENTS;
