import { describe, expect, it } from 'vitest';
import { commitStatusChannel, renderStatus } from '../../../../src/deploy/report/channels/commit-status.ts';
import { shorten } from '../../../../src/githost/port/shorten.ts';
import { A, EVENTS, SUBJECT } from '../events.ts';
import type { EventName } from '../events.ts';
import type { CommitStatus } from '../../../../src/githost/port/host-api.ts';

const LIMIT = { length: 140, lengthOf: (text: string) => text.length };

const EXPECTED: Readonly<Record<EventName, string | null>> = {
  'a run that starts': 'pending applying',
  'a run that waits for three targets': 'pending waiting for target infra (+2 more)',
  'a commit that was superseded before it was applied': 'error superseded by bbbbbbb',
  'a commit that was superseded before it was ready': 'success applied; superseded by bbbbbbb',
  'a deploy that is ready at once': 'success 1 created, 2 updated, ready in 3.1 s',
  'a deploy whose readiness is still checked': null,
  'a deploy of a target that does not wait': 'success 1 created, 2 updated',
  'a deploy that adopts an object': 'success 1 created, 2 updated, 1 adopted, ready in 3.1 s',
  'the last of several runs of one commit': 'success 4 created, 2 updated, 1 pruned, ready in 60.0 s',
  'a run without changes that answers a delivery': 'success no changes',
  'a run without changes that answers no delivery': null,
  'a run without changes after one that died': 'success no changes',
  'a run without changes after one whose readiness is checked': null,
  'a refusal that is recorded': 'failure web.yaml:7 has no name (+1 more)',
  'a refusal that could not be recorded': 'failure web.yaml:7 has no name',
  'a partial deploy': 'failure web.yaml:7 has no name',
  'a failure that Git can fix': 'failure web.yaml:7 has no name',
  'a failure that Git cannot fix': 'error web.yaml:7 has no name',
  'a failure of no known commit': null,
  'a run that waits': null,
  'a correction of drift': null,
  'a failure that is retried': null,
  'a failure that is retried for the third time': 'pending retrying: webhook x does not answer (3 tries)',
  'progress of objects that are not ready': null,
  readiness: 'success 1 created, 2 updated, ready in 3.1 s',
  'ready objects of a superseded commit': null,
  'objects that are not ready': 'failure 2 of 3 ready: web: ImagePullBackOff',
  'unready objects of a superseded commit': null,
  'a request without retries left': 'error see the log',
  'readiness that stays unknown': 'error no answer',
  'drift that was corrected': null,
  'drift that is contested': null,
  'a commit that waits for the end of a hold': 'pending held by jo',
  'a deploy outside the windows': null,
  'a hold': null,
  'versions of images that were committed': null,
  'a promotion': null,
  'the end of a hold': null,
};

it('shows the hash that approves a plan, whatever the names of the objects are', () => {
  const names = Array.from({ length: 3 }, (_, n) => `ConfigMap settings-of-a-service-with-a-long-name-${n}`);
  const reason = `the plan changed since it was reviewed on #12: 4 creates: ${names.join(', ')} and 1 more; approve 3f9c2a1`;
  const message = renderStatus({ kind: 'deferred', revision: A, reason });
  const shown = shorten(message?.text ?? '', LIMIT);
  expect(shown).toMatch(/^the plan changed since it was reviewed on #12: 4 creates: .*… approve 3f9c2a1$/);
  expect(shown.length).toBeLessThanOrEqual(140);
});

describe('the commit status', () => {
  it.each(Object.entries(EVENTS))('reports %s', (name, event) => {
    const message = renderStatus(event);
    expect(message === null ? null : `${message.state} ${shorten(message.text, LIMIT)}`).toBe(
      EXPECTED[name as EventName],
    );
  });

  it('is named after the target, with its whole text: the request of a Git host shortens it', async () => {
    const written: CommitStatus[] = [];
    const channel = commitStatusChannel({
      usage: { requests: 0, bytes: 0 },
      async set(_revision, status) {
        written.push(status);
      },
    });
    const long = 'x'.repeat(500);
    const event = { kind: 'waiting', revision: A, waitingFor: [long] } as const;
    await channel.report(event, SUBJECT, new AbortController().signal);
    expect(written).toEqual([
      { state: 'pending', context: 'headgate/shop', description: { what: `waiting for ${long}` } },
    ]);
  });
});
