import { describe, expect, it } from 'vitest';
import { noteOf, recordedOutcome } from '../../../../src/deploy/report/channels/recorded-outcome.ts';
import { unchanged } from '../../../../src/deploy/report/report.ts';
import { A, EVENTS, finished } from '../events.ts';
import type { EventName } from '../events.ts';

const AT = '2026-11-28T10:00:00.123Z';

/** `at`: the target is at the commit now. */
const EXPECTED: Readonly<Record<EventName, string | null>> = {
  'a run that starts': null,
  'a run that waits for three targets': null,
  'a commit that was superseded before it was applied': null,
  'a commit that was superseded before it was ready': null,
  'a deploy that is ready at once': 'at ready 2026-11-28T10:00:00Z: 1 created, 2 updated, ready in 3.1 s',
  'a deploy whose readiness is still checked': 'at deployed 2026-11-28T10:00:00Z: 1 created, 2 updated',
  'a deploy of a target that does not wait': 'at deployed 2026-11-28T10:00:00Z: 1 created, 2 updated',
  'a deploy that adopts an object': 'at ready 2026-11-28T10:00:00Z: 1 created, 2 updated, 1 adopted, ready in 3.1 s',
  'the last of several runs of one commit':
    'at ready 2026-11-28T10:00:00Z: 4 created, 2 updated, 1 pruned, ready in 60.0 s',
  'a run without changes that answers a delivery': null,
  'a run without changes that answers no delivery': null,
  'a run without changes after one that died': 'at ready 2026-11-28T10:00:00Z: no changes, ready in 3.1 s',
  'a run without changes after one whose readiness is checked': 'at deployed 2026-11-28T10:00:00Z: no changes',
  'a refusal that is recorded': null,
  'a refusal that could not be recorded': null,
  'a partial deploy': null,
  'a failure that Git can fix': null,
  'a failure that Git cannot fix': null,
  'a failure of no known commit': null,
  'a run that waits': null,
  'a correction of drift': null,
  'a failure that is retried': null,
  'a failure that is retried for the third time': null,
  'progress of objects that are not ready': null,
  readiness: 'ready 2026-11-28T10:00:00Z: 1 created, 2 updated, ready in 3.1 s',
  'ready objects of a superseded commit': null,
  'objects that are not ready': 'not ready 2026-11-28T10:00:00Z: 2 of 3 ready: web: ImagePullBackOff',
  'unready objects of a superseded commit': null,
  'a request without retries left': null,
  'readiness that stays unknown': 'not ready 2026-11-28T10:00:00Z: no answer',
  'drift that was corrected': null,
  'drift that is contested': null,
  'a commit that waits for the end of a hold': null,
  'a deploy outside the windows': null,
  'a hold': null,
  'versions of images that were committed': null,
  'a promotion': null,
  'the end of a hold': null,
};

describe('what is recorded in Git', () => {
  it.each(Object.entries(EVENTS))('of %s', (name, event) => {
    const outcome = recordedOutcome(event);
    const shown = outcome === null ? null : `${outcome.isDeployed ? 'at ' : ''}${noteOf(outcome, AT)}`;
    expect(shown).toBe(EXPECTED[name as EventName]);
  });

  it('has the commit of a run that changed nothing and recorded it as applied', () => {
    const outcome = recordedOutcome(finished({ ...unchanged(A, null), isRecorded: true }));
    expect(outcome).toEqual({ revision: A, isDeployed: true, verdict: 'deployed', text: 'no changes' });
  });

  it('is one line of at most 500 characters, whatever a cluster says', () => {
    const outcome = {
      revision: A,
      isDeployed: false,
      verdict: 'not ready',
      text: `a\n\u202eb${'c'.repeat(600)}`,
    } as const;
    const note = noteOf(outcome, AT);
    expect(note).toMatch(/^not ready 2026-11-28T10:00:00Z: a\\x0a\\u202ebc+$/);
    expect(note).toHaveLength(500);
  });
});
