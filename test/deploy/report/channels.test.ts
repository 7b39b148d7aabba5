import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../src/error/deploy-error.ts';
import { DeployError } from '../../../src/error/deploy-error.ts';
import type { Report } from '../../../src/deploy/ports/report.ts';
import type { Channel, RunEvent } from '../../../src/deploy/ports/run-event.ts';
import { renderStatus, commitStatusChannel } from '../../../src/deploy/report/channels/commit-status.ts';
import { renderEvent } from '../../../src/deploy/report/channels/kubernetes-event.ts';
import { renderLines } from '../../../src/deploy/report/channels/log.ts';
import { failed, unchanged } from '../../../src/deploy/report/report.ts';
import { reporter } from '../../../src/deploy/report/reporter.ts';
import type { CommitStatus } from '../../../src/githost/port/git-host.ts';
import type { Revision } from '../../../src/snapshot/source.ts';

const A = 'a'.repeat(40) as Revision;
const B = 'b'.repeat(40);
const SUBJECT = { target: 'shop', repository: 'fleet', delivery: 'd-1' };
const timing = { durationMs: 3100, stagesMs: { apply: 80 } };
const problem: Problem = {
  code: 'manifest-invalid',
  subject: 'web.yaml:7',
  message: 'has no name',
  remedy: 'Name it.',
};
const notReady = [{ kind: 'Deployment', namespace: 'shop', name: 'web', reason: 'ImagePullBackOff' }];
const counts = { created: 1, updated: 2, pruned: 0 };
const deployed: Report = {
  ...unchanged(A, null),
  ...counts,
  verdict: 'deployed',
  isRecorded: true,
  readiness: 'ready',
};

const finished = (report: Report, more: Partial<Extract<RunEvent, { kind: 'finished' }>> = {}): RunEvent => ({
  kind: 'finished',
  report,
  purpose: 'tip',
  answersCommit: true,
  timing,
  ...more,
});

const FINAL = { isStatusFinal: true };
/** Every kind of event: its status, its Event, and the messages of its log lines. */
const TABLE: readonly (readonly [
  name: string,
  event: RunEvent,
  status: string | null,
  event: string | null,
  log: readonly string[],
])[] = [
  ['a run that starts', { kind: 'started', revision: A }, 'pending applying', null, []],
  [
    'a run that waits for three targets',
    { kind: 'waiting', revision: A, waitingFor: ['target infra', 'target db', 'target web'] },
    'pending waiting for target infra (+2 more)',
    null,
    [],
  ],
  [
    'a commit that was superseded before it was applied',
    { kind: 'superseded', revision: A, by: B, isApplied: false },
    'error superseded by bbbbbbb',
    null,
    [],
  ],
  [
    'a commit that was superseded before it was ready',
    { kind: 'superseded', revision: A, by: B, isApplied: true },
    'success applied; superseded by bbbbbbb',
    null,
    ['debug check'],
  ],
  [
    'a deploy that is ready at once',
    finished(deployed),
    'success 1 created, 2 updated, ready in 3.1 s',
    'Normal Deployed aaaaaaaaaaaa: 1 created, 2 updated',
    ['info deployed', 'info ready'],
  ],
  [
    'a deploy whose readiness is still checked',
    finished({ ...deployed, readiness: 'awaited' }),
    null,
    'Normal Deployed aaaaaaaaaaaa: 1 created, 2 updated',
    ['info deployed'],
  ],
  [
    'a deploy of a target that does not wait',
    finished({ ...deployed, readiness: null }),
    'success 1 created, 2 updated',
    'Normal Deployed aaaaaaaaaaaa: 1 created, 2 updated',
    ['info deployed'],
  ],
  [
    'the last of several runs of one commit',
    finished({ ...deployed, overall: { created: 4, updated: 2, pruned: 1, durationMs: 60_000 } }),
    'success 4 created, 2 updated, 1 pruned, ready in 60.0 s',
    'Normal Deployed aaaaaaaaaaaa: 1 created, 2 updated',
    ['info deployed', 'info ready'],
  ],
  [
    'a run without changes that answers a delivery',
    finished(unchanged(A, A)),
    'success no changes',
    null,
    ['info unchanged'],
  ],
  [
    'a run without changes that no delivery triggered',
    finished(unchanged(A, A), { answersCommit: false }),
    null,
    null,
    ['info unchanged'],
  ],
  [
    'a refusal that is recorded',
    finished({ ...unchanged(A, null), verdict: 'refused', errors: [problem, problem], isRecorded: true }),
    'failure web.yaml:7 has no name (+1 more)',
    'Warning DeployRefused aaaaaaaaaaaa: web.yaml:7 has no name (+1 more)',
    ['warn refused'],
  ],
  [
    'a refusal that could not be recorded',
    finished({ ...unchanged(A, null), verdict: 'refused', errors: [problem] }),
    'failure web.yaml:7 has no name',
    null,
    ['warn refused'],
  ],
  [
    'a partial deploy',
    finished({ ...unchanged(A, null), verdict: 'partial', errors: [problem], failed: 1, isRecorded: true }),
    'failure web.yaml:7 has no name',
    'Warning DeployFailed aaaaaaaaaaaa: web.yaml:7 has no name',
    ['warn partial'],
  ],
  [
    'a failure that Git can fix',
    finished(failed(problem, A)),
    'failure web.yaml:7 has no name',
    null,
    ['error failed'],
  ],
  [
    'a failure that Git cannot fix',
    finished(failed({ ...problem, code: 'cluster-unreachable' }, A)),
    'error web.yaml:7 has no name',
    null,
    ['error failed'],
  ],
  ['a failure of no known commit', finished(failed(problem, null)), null, null, ['error failed']],
  ['a run that waits', finished({ ...deployed, verdict: 'waiting', readiness: null }), null, null, ['info waiting']],
  ['a correction of drift', finished(deployed, { purpose: 'drift' }), null, null, ['info deployed', 'info ready']],
  ['a failure that is retried', { kind: 'retrying', report: failed(problem, A), timing }, null, null, ['error failed']],
  [
    'progress of objects that are not ready',
    { kind: 'progressing', ready: 1, total: 2, notReady },
    null,
    null,
    ['debug check'],
  ],
  [
    'objects that are ready',
    { kind: 'ready', revision: A, counts, isStatusFinal: false, durationMs: 3100 },
    'success 1 created, 2 updated, ready in 3.1 s',
    'Normal Ready aaaaaaaaaaaa: 1 created, 2 updated, ready in 3.1 s',
    ['info ready'],
  ],
  [
    'ready objects of a superseded commit',
    { kind: 'ready', revision: A, counts, durationMs: 3100, ...FINAL },
    null,
    'Normal Ready aaaaaaaaaaaa: 1 created, 2 updated, ready in 3.1 s',
    ['info ready'],
  ],
  [
    'objects that are not ready',
    { kind: 'not-ready', revision: A, total: 3, notReady, isStatusFinal: false, durationMs: 1 },
    'failure 2 of 3 ready: web: ImagePullBackOff',
    'Warning NotReady aaaaaaaaaaaa: 2 of 3 ready: web: ImagePullBackOff',
    ['warn not-ready'],
  ],
  [
    'unready objects of a superseded commit',
    { kind: 'not-ready', revision: A, total: 3, notReady, durationMs: 1, ...FINAL },
    null,
    'Warning NotReady aaaaaaaaaaaa: 2 of 3 ready: web: ImagePullBackOff',
    ['warn not-ready'],
  ],
  [
    'a request without retries left',
    { kind: 'gave-up', on: 'run', revision: A, reason: 'see the log', isStatusFinal: false, durationMs: 1 },
    'error see the log',
    null,
    ['error dead-letter'],
  ],
  [
    'readiness that stays unknown',
    { kind: 'gave-up', on: 'readiness', revision: A, reason: 'no answer', isStatusFinal: false, durationMs: 1 },
    'error no answer',
    null,
    ['warn not-ready'],
  ],
  [
    'drift that was corrected',
    { kind: 'drift', outcome: 'corrected', revision: A, problems: [problem] },
    null,
    'Normal DriftCorrected aaaaaaaaaaaa: web.yaml:7 has no name',
    [],
  ],
  [
    'drift that is contested',
    { kind: 'drift', outcome: 'contested', revision: A, problems: [problem] },
    null,
    'Warning DriftContested aaaaaaaaaaaa: web.yaml:7 has no name',
    [],
  ],
];

const NOTHING_SENT = { git: { requests: 4, bytes: 5000 }, kubernetes: { requests: 8, bytes: 1 }, host: null };

describe('the channels', () => {
  it.each(TABLE)('report %s', (_name, event, status, kubernetesEvent, log) => {
    const message = renderStatus(event);
    expect(message === null ? null : `${message.state} ${message.text}`).toBe(status);
    const rendered = renderEvent(event);
    expect(rendered === null ? null : `${rendered.type} ${rendered.reason} ${rendered.message}`).toBe(kubernetesEvent);
    expect(renderLines(event, SUBJECT, NOTHING_SENT).map(({ level, message: text }) => `${level} ${text}`)).toEqual(
      log,
    );
  });

  it('have a row in this table for every kind of event', () => {
    const kinds: readonly RunEvent['kind'][] = [
      'started',
      'waiting',
      'superseded',
      'finished',
      'retrying',
      'progressing',
      'ready',
      'not-ready',
      'gave-up',
      'drift',
    ];
    expect(new Set(TABLE.map(([, { kind }]) => kind))).toEqual(new Set(kinds));
  });

  it('cut a status at 140 characters', async () => {
    const written: CommitStatus[] = [];
    const channel = commitStatusChannel({
      usage: { requests: 0, bytes: 0 },
      async set(_revision, status) {
        written.push(status);
      },
    });
    const long = (length: number): RunEvent => ({
      kind: 'waiting',
      revision: A,
      waitingFor: ['x'.repeat(length - 12)],
    });
    for (const length of [139, 140, 141]) await channel.report(long(length), SUBJECT, new AbortController().signal);
    const ends = written.map(({ context, description }) => [context, description.length, description.at(-1)]);
    expect(ends).toEqual([
      ['headgate/shop', 139, 'x'],
      ['headgate/shop', 140, 'x'],
      ['headgate/shop', 140, '…'],
    ]);
  });

  it('log the request counts with the outcome', () => {
    const [line] = renderLines(finished(deployed), SUBJECT, NOTHING_SENT);
    expect(line).toMatchObject({
      target: 'shop',
      repository: 'fleet',
      delivery: 'd-1',
      revision: A,
      requests: { git: 4, kubernetes: 8, host: 0 },
      bytes: { git: 5000 },
      stagesMs: { apply: 80 },
    });
  });
});

describe('a reporter', () => {
  const signal = new AbortController().signal;
  const event: RunEvent = { kind: 'started', revision: A };

  function channelOf(
    name: string,
    { isAwaited, fails }: { isAwaited: boolean; fails: boolean },
    taken: string[],
  ): Channel {
    return {
      name,
      isAwaited,
      async report() {
        if (fails) throw new DeployError('host-unreachable', { ...problem, subject: name });
        taken.push(name);
      },
    };
  }

  it('reports on every channel although one fails, logs the failure, and returns it for an awaited channel', async () => {
    const taken: string[] = [];
    const lines: unknown[] = [];
    const channels = [
      channelOf('commit status', { isAwaited: true, fails: true }, taken),
      channelOf('chat', { isAwaited: false, fails: true }, taken),
      channelOf('log', { isAwaited: false, fails: false }, taken),
    ];
    const { report } = reporter(channels, { subject: SUBJECT, log: (line) => lines.push(line) });
    expect((await report(event, signal)).map(({ subject }) => subject)).toEqual(['commit status']);
    expect(taken).toEqual(['log']);
    expect(lines).toMatchObject([
      { level: 'warn', message: 'not-reported', target: 'shop', channel: 'commit status' },
      { level: 'warn', message: 'not-reported', target: 'shop', channel: 'chat' },
    ]);
  });

  it('stops and throws when an awaited channel fails for a caller that runs again', async () => {
    const taken: string[] = [];
    const channels = [
      channelOf('commit status', { isAwaited: true, fails: true }, taken),
      channelOf('log', { isAwaited: false, fails: false }, taken),
    ];
    const { deliver } = reporter(channels, { subject: SUBJECT, log: () => undefined });
    await expect(deliver(event, signal)).rejects.toThrow('has no name');
    expect(taken).toEqual([]);
  });

  it('does not throw when a channel fails that is not awaited', async () => {
    const taken: string[] = [];
    const channels = [
      channelOf('chat', { isAwaited: false, fails: true }, taken),
      channelOf('log', { isAwaited: false, fails: false }, taken),
    ];
    await reporter(channels, { subject: SUBJECT, log: () => undefined }).deliver(event, signal);
    expect(taken).toEqual(['log']);
  });
});
