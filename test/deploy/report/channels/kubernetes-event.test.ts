import { describe, expect, it } from 'vitest';
import { renderEvent } from '../../../../src/deploy/report/channels/kubernetes-event.ts';
import { EVENTS } from '../events.ts';
import type { EventName } from '../events.ts';

const EXPECTED: Readonly<Record<EventName, string | null>> = {
  'a run that starts': null,
  'a run that waits for three targets': null,
  'a commit that was superseded before it was applied': null,
  'a commit that was superseded before it was ready': null,
  'a deploy that is ready at once': 'Normal Deployed aaaaaaaaaaaa: 1 created, 2 updated',
  'a deploy whose readiness is still checked': 'Normal Deployed aaaaaaaaaaaa: 1 created, 2 updated',
  'a deploy of a target that does not wait': 'Normal Deployed aaaaaaaaaaaa: 1 created, 2 updated',
  'a deploy that adopts an object': 'Normal Deployed aaaaaaaaaaaa: 1 created, 2 updated, 1 adopted',
  'the last of several runs of one commit': 'Normal Deployed aaaaaaaaaaaa: 1 created, 2 updated',
  'a run without changes that answers a delivery': null,
  'a run without changes that answers no delivery': null,
  'a run without changes after one that died': null,
  'a run without changes after one whose readiness is checked': null,
  'a refusal that is recorded': 'Warning DeployRefused aaaaaaaaaaaa: web.yaml:7 has no name (+1 more)',
  'a refusal that could not be recorded': null,
  'a partial deploy': 'Warning DeployFailed aaaaaaaaaaaa: web.yaml:7 has no name',
  'a failure that Git can fix': null,
  'a failure that Git cannot fix': null,
  'a failure of no known commit': null,
  'a run that waits': null,
  'a correction of drift': null,
  'a failure that is retried': null,
  'a failure that is retried for the third time': null,
  'progress of objects that are not ready': null,
  readiness: 'Normal Ready aaaaaaaaaaaa: 1 created, 2 updated, ready in 3.1 s',
  'ready objects of a superseded commit': 'Normal Ready aaaaaaaaaaaa: 1 created, 2 updated, ready in 3.1 s',
  'objects that are not ready': 'Warning NotReady aaaaaaaaaaaa: 2 of 3 ready: web: ImagePullBackOff',
  'unready objects of a superseded commit': 'Warning NotReady aaaaaaaaaaaa: 2 of 3 ready: web: ImagePullBackOff',
  'a request without retries left': null,
  'readiness that stays unknown': null,
  'drift that was corrected': 'Normal DriftCorrected aaaaaaaaaaaa: web.yaml:7 has no name',
  'drift that is contested': 'Warning DriftContested aaaaaaaaaaaa: web.yaml:7 has no name',
  'a commit that waits for the end of a hold': null,
  'a deploy outside the windows': 'Normal WindowOverridden by jo: incident (waits for the window, opens Mon 09:00 CET)',
  'a hold': 'Normal Held held by jo since Nov 28 10:02 UTC: incident (at aaaaaaaaaaaa)',
  'versions of images that were committed': null,
  'a promotion': null,
  'the end of a hold':
    'Normal HoldEnded ended by ann; was held by jo since Nov 28 10:02 UTC: incident (at aaaaaaaaaaaa)',
};

describe('the Kubernetes Event', () => {
  it.each(Object.entries(EVENTS))('reports %s', (name, event) => {
    const rendered = renderEvent(event);
    const text = rendered === null ? null : `${rendered.type} ${rendered.reason} ${rendered.message}`;
    expect(text).toBe(EXPECTED[name as EventName]);
  });
});
