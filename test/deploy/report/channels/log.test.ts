import { describe, expect, it } from 'vitest';
import { renderLines } from '../../../../src/deploy/report/channels/log.ts';
import { A, deployed, EVENTS, finished, SUBJECT } from '../events.ts';
import type { EventName } from '../events.ts';

/** The level and the message of each line. */
const EXPECTED: Readonly<Record<EventName, readonly string[]>> = {
  'a run that starts': [],
  'a run that waits for three targets': [],
  'a commit that was superseded before it was applied': [],
  'a commit that was superseded before it was ready': ['debug check'],
  'a deploy that is ready at once': ['info deployed', 'info ready'],
  'a deploy whose readiness is still checked': ['info deployed'],
  'a deploy of a target that does not wait': ['info deployed'],
  'a deploy that adopts an object': ['info deployed', 'info ready'],
  'the last of several runs of one commit': ['info deployed', 'info ready'],
  'a run without changes that answers a delivery': ['info unchanged'],
  'a run without changes that answers no delivery': ['info unchanged'],
  'a run without changes after one that died': ['info unchanged', 'info ready'],
  'a run without changes after one whose readiness is checked': ['info unchanged'],
  'a refusal that is recorded': ['warn refused'],
  'a refusal that could not be recorded': ['warn refused'],
  'a partial deploy': ['warn partial'],
  'a failure that Git can fix': ['error failed'],
  'a failure that Git cannot fix': ['error failed'],
  'a failure of no known commit': ['error failed'],
  'a run that waits': ['info waiting'],
  'a correction of drift': ['info deployed', 'info ready'],
  'a failure that is retried': ['error failed'],
  'a failure that is retried for the third time': ['error failed'],
  'progress of objects that are not ready': ['debug check'],
  readiness: ['info ready'],
  'ready objects of a superseded commit': ['info ready'],
  'objects that are not ready': ['warn not-ready'],
  'unready objects of a superseded commit': ['warn not-ready'],
  'a request without retries left': ['error dead-letter'],
  'readiness that stays unknown': ['warn not-ready'],
  'drift that was corrected': [],
  'drift that is contested': [],
  'a commit that waits for the end of a hold': [],
  'a deploy outside the windows': ['warn window-overridden'],
  'a hold': ['info held'],
  'versions of images that were committed': [],
  'a promotion': [],
  'the end of a hold': ['info hold-ended'],
};

const NOTHING_SENT = { git: { requests: 4, bytes: 5000 }, kubernetes: { requests: 8, bytes: 1 }, host: null };

describe('the log', () => {
  it.each(Object.entries(EVENTS))('reports %s', (name, event) => {
    const lines = renderLines(event, SUBJECT, NOTHING_SENT);
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual(EXPECTED[name as EventName]);
  });

  it('has what was requested of others with the outcome', () => {
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
