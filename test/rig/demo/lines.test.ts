import { expect, it } from 'vitest';
import { driftLines, pushLines } from './lines.ts';

const COST = { durationMs: 412.4, requests: { git: 4, kubernetes: 8, host: 2 }, bytes: { git: 3140 } };
const PUSH = { subject: 'Say hi', revision: 'a'.repeat(40), received: { message: 'receive', durationMs: 3.2 } };

it('the demo shows a push in five lines', () => {
  const outcome = { message: 'deployed', created: 2, pruned: 1, stagesMs: { fetch: 30.4, apply: 90 }, ...COST };
  expect(pushLines({ ...PUSH, outcome, ready: { message: 'ready', durationMs: 1440 } })).toEqual([
    'git push    Say hi (aaaaaaaaaaaa)',
    '  webhook   authenticated and queued in 3 ms',
    '  deployed  2 created, 1 deleted (fetch 30 ms, apply 90 ms)',
    '  ready     after 1.4 s; the commit has a green check',
    '  cost      8 requests to Kubernetes, 4 to Git (3.1 KB), 2 to the Git host, 412 ms',
  ]);
});

it('the demo shows a refused push with its file, its line and the remedy', () => {
  const errors = [{ subject: 'apps/web.yaml:3', message: 'has no kind', remedy: 'Add kind.' }];
  expect(pushLines({ ...PUSH, outcome: { message: 'refused', errors, ...COST }, ready: null }).slice(2, 4)).toEqual([
    '  refused   apps/web.yaml:3: has no kind',
    '  remedy    Add kind.',
  ]);
});

it('the demo shows corrected drift', () => {
  expect(driftLines('settings was deleted', { message: 'deployed', created: 1, ...COST }).slice(0, 2)).toEqual([
    'drift       settings was deleted',
    '  corrected 1 created',
  ]);
});

it('the demo shows a push that changes nothing in the cluster, such as a revert of a mistake', () => {
  const outcome = { message: 'unchanged', ...COST, requests: { git: 2, kubernetes: 1, host: 1 } };
  expect(pushLines({ ...PUSH, outcome, ready: null }).slice(2)).toEqual([
    '  unchanged the cluster has what this commit says',
    '  cost      1 request to Kubernetes, 2 to Git (3.1 KB), 1 to the Git host, 412 ms',
  ]);
});
