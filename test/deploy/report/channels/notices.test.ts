import { describe, expect, it } from 'vitest';
import type { ChannelConfig } from '../../../../src/config/checked/channel.ts';
import { CHANNEL_EVENTS } from '../../../../src/config/written/channel-events.ts';
import { noticesChannel } from '../../../../src/deploy/report/channels/notices.ts';
import { renderNotices } from '../../../../src/deploy/report/channels/render-notices.ts';
import type { Notice } from '../../../../src/channels/port.ts';
import type { EventSubject, RunEvent } from '../../../../src/deploy/ports/run-event.ts';
import { readNotice } from '../../../../src/queue/messages/notice.ts';
import { writeBody } from '../../../../src/queue/messages/body.ts';
import { deployed, EVENTS, finished, SUBJECT } from '../events.ts';
import type { EventName } from '../events.ts';

const AT = '2026-11-28T10:00:30.000Z';
const TEAM: ChannelConfig = {
  name: 'team',
  kind: 'slack',
  url: { kind: 'env', name: 'SLACK' },
  token: null,
  topic: null,
  bus: null,
  from: null,
  to: [],
  events: CHANNEL_EVENTS,
  targets: ['*'],
  severity: 'info',
};

function noticesOf(event: RunEvent, change: Partial<ChannelConfig> = {}, subject: EventSubject = SUBJECT) {
  return renderNotices(event, subject, { channels: new Map([['team', { ...TEAM, ...change }]]), at: AT });
}

const shown = ([notice]: readonly Notice[]) =>
  notice === undefined
    ? null
    : `${notice.severity} ${notice.event}${notice.resolves ? ' resolves' : ''}: ${notice.text}`;

const HELD = 'held by jo since Nov 28 10:02 UTC: incident (at aaaaaaaaaaaa)';
const EXPECTED: Readonly<Record<EventName, string | null>> = {
  'a run that starts': null,
  'a run that waits for three targets': 'info waiting: waiting for target infra (+2 more)',
  'a commit that was superseded before it was applied': null,
  'a commit that was superseded before it was ready': null,
  'a deploy that is ready at once': 'info deployed resolves: 1 created, 2 updated, ready in 3.1 s',
  'a deploy whose readiness is still checked': 'info deployed: 1 created, 2 updated',
  'a deploy of a target that does not wait': 'info deployed resolves: 1 created, 2 updated',
  'a deploy that adopts an object': 'info deployed resolves: 1 created, 2 updated, 1 adopted, ready in 3.1 s',
  'the last of several runs of one commit': 'info deployed resolves: 4 created, 2 updated, 1 pruned, ready in 60.0 s',
  'a run without changes that answers a delivery': null,
  'a run without changes that answers no delivery': null,
  'a run without changes after one that died': 'info deployed resolves: no changes',
  'a run without changes after one whose readiness is checked': 'info deployed: no changes',
  'a refusal that is recorded': 'warning refused: web.yaml:7 has no name (+1 more)',
  'a refusal that could not be recorded': 'warning refused: web.yaml:7 has no name',
  'a partial deploy': 'warning partial: web.yaml:7 has no name',
  'a failure that Git can fix': 'error failed: web.yaml:7 has no name',
  'a failure that Git cannot fix': 'error failed: web.yaml:7 has no name',
  'a failure of no known commit': 'error failed: web.yaml:7 has no name',
  'a run that waits': null,
  'a correction of drift': null,
  'a failure that is retried': null,
  'a failure that is retried for the third time': null,
  'progress of objects that are not ready': null,
  readiness: 'info ready resolves: 1 created, 2 updated, ready in 3.1 s',
  'ready objects of a superseded commit': 'info ready resolves: 1 created, 2 updated, ready in 3.1 s',
  'objects that are not ready': 'warning not-ready: 2 of 3 ready: web: ImagePullBackOff',
  'unready objects of a superseded commit': 'warning not-ready: 2 of 3 ready: web: ImagePullBackOff',
  'a request without retries left': 'error failed: see the log',
  'readiness that stays unknown': 'warning not-ready: no answer',
  'drift that was corrected': 'info drift resolves: corrected: web.yaml:7 has no name',
  'drift that is contested': 'warning drift: contested: web.yaml:7 has no name',
  'a commit that waits for the end of a hold': 'info waiting: held by jo',
  'a deploy outside the windows': null,
  'a hold': `info held: ${HELD}`,
  'versions of images that were committed': 'info image: web 1.2.0 → 1.3.0',
  'a promotion':
    'info promoted: ghcr.io/acme/web 1.2.0 → 1.3.0; values.yaml#replicas; from shop-dev at bbbbbbbbbbbb; proposed by https://git.example.com/acme/fleet/pulls/12',
  'the end of a hold': `info released: ended by ann; was ${HELD}`,
};

describe('notices for channels', () => {
  it.each(Object.entries(EXPECTED))('reports %s as %j', (name, expected) => {
    expect(shown(noticesOf(EVENTS[name as EventName]))).toBe(expected);
  });

  it.each(Object.keys(EXPECTED))('survives the queue: %s', (name) => {
    for (const notice of noticesOf(EVENTS[name as EventName])) expect(readNotice(writeBody(notice))).toEqual(notice);
  });

  it('is not a notice without its fields', () => {
    expect(readNotice('{"id":"x"}')).toBeNull();
    expect(readNotice('no JSON')).toBeNull();
  });

  it('names what is wrong, at most five of it, with remedies', () => {
    const problem = {
      code: 'manifest-invalid',
      subject: 'web.yaml:7',
      message: 'has no name',
      remedy: 'Name it.',
    } as const;
    const report = { ...deployed, verdict: 'refused', errors: Array.from({ length: 7 }, () => problem) } as const;
    const [notice] = noticesOf(finished(report));
    expect(notice?.details).toHaveLength(5);
    expect(notice?.details[0]).toEqual({ subject: 'web.yaml:7', message: 'has no name', remedy: 'Name it.' });
    expect(notice?.more).toBe(2);
  });

  it('cuts long texts, and shows invisible characters as codes', () => {
    const hidden = `x\u202e\nevil ${'y'.repeat(2000)}`;
    const [notice] = noticesOf({ kind: 'deferred', revision: SUBJECT.target as never, reason: hidden });
    expect(notice?.text).toMatch(/^x\\u202e\\x0aevil y+…$/);
    expect(notice?.text).toHaveLength(500);
  });

  it('has the same id when the run that reported it died and another one found it done', () => {
    const idOf = (event: RunEvent) => noticesOf(event)[0]?.id;
    expect(idOf(EVENTS['a run without changes after one that died'])).toBe(
      idOf(EVENTS['a deploy that is ready at once']),
    );
    expect(idOf(EVENTS['a run without changes after one whose readiness is checked'])).toBe(
      idOf(EVENTS['a deploy whose readiness is still checked']),
    );
  });

  const READY_AT_ONCE = EVENTS['a deploy that is ready at once'];
  it.each([
    ['an event that it reports', { events: ['deployed'] }, READY_AT_ONCE, 1],
    ['the second event of a deploy that is ready at once', { events: ['ready'] }, READY_AT_ONCE, 1],
    ['no other event', { events: ['failed'] }, READY_AT_ONCE, 0],
    ['a target by its name', { targets: ['shop'] }, READY_AT_ONCE, 1],
    ['a target by its beginning', { targets: ['blog', 'sh*'] }, READY_AT_ONCE, 1],
    ['a target by its end and its middle', { targets: ['*h*p'] }, READY_AT_ONCE, 1],
    ['no target that only begins like it', { targets: ['shop-*', 'sho', '*s'] }, READY_AT_ONCE, 0],
    ['no target whose middle overlaps its end', { targets: ['sho*op', 's*p*p'] }, READY_AT_ONCE, 0],
    ['what is as severe', { severity: 'warning' }, EVENTS['a partial deploy'], 1],
    ['nothing less severe', { severity: 'error' }, EVENTS['a partial deploy'], 0],
    [
      'the end of an incident, however good the news',
      { kind: 'pagerduty', severity: 'error', events: ['failed'] },
      READY_AT_ONCE,
      1,
    ],
  ] as const)('reports to a channel %s', (_what, change, event, expected) => {
    expect(noticesOf(event, change as Partial<ChannelConfig>)).toHaveLength(expected);
  });

  it('reports to every channel of the target, and to no other one', () => {
    const channels = new Map(['team', 'ops', 'other'].map((name) => [name, { ...TEAM, name }]));
    const subject = { ...SUBJECT, notify: ['ops', 'team', 'removed'] };
    const found = renderNotices(READY_AT_ONCE, subject, { channels, at: AT });
    expect(found.map(({ channel }) => channel)).toEqual(['ops', 'team']);
  });

  it('queues nothing for a target without notify', async () => {
    const notices = { send: () => Promise.reject(new Error('must not be called')) };
    const channel = noticesChannel({ config: { channels: new Map([['team', TEAM]]) }, notices, nowMs: () => 0 });
    await channel.report(READY_AT_ONCE, { ...SUBJECT, notify: [] }, AbortSignal.timeout(1000));
    await expect(channel.report(READY_AT_ONCE, SUBJECT, AbortSignal.timeout(1000))).rejects.toThrow(
      'must not be called',
    );
  });

  it('has the same id when the same thing is reported again, later and after another duration', () => {
    const again = finished(deployed, { timing: { durationMs: 9999, stagesMs: {} } });
    const id = noticesOf(READY_AT_ONCE)[0]?.id;
    expect(noticesOf(again)[0]?.id).toBe(id);
    expect(id).toMatch(/^[\w-]{22}$/);
  });

  it('has another id for every other event, run, target and repository', () => {
    const events = Object.values(EVENTS).flatMap((event) => noticesOf(event));
    const others = [
      ...noticesOf(READY_AT_ONCE, {}, { ...SUBJECT, target: 'blog' }),
      ...noticesOf(READY_AT_ONCE, {}, { ...SUBJECT, repository: 'other' }),
      ...noticesOf(READY_AT_ONCE, {}, { ...SUBJECT, requestedAt: AT }),
    ];
    const id = noticesOf(READY_AT_ONCE)[0]?.id;
    expect(new Set([id, ...others.map((notice) => notice.id)]).size).toBe(4);
    const kinds = new Map(events.map((notice) => [`${notice.event} ${notice.text}`, notice.id]));
    expect(new Set(kinds.values()).size).toBeGreaterThanOrEqual(9);
  });
});
