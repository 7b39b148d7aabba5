import { expect, it } from 'vitest';
import { newestOf } from '../../../src/app/records/write-outcomes.ts';
import { readWrite } from '../../../src/queue/messages/write-request.ts';
import type { CommitOutcome } from '../../../src/queue/messages/write-request.ts';
import type { Revision } from '../../../src/snapshot/source.ts';

const A = 'a'.repeat(40) as Revision;
const B = 'b'.repeat(40) as Revision;

function outcome(more: Partial<CommitOutcome>): CommitOutcome {
  const at = '2026-11-28T10:00:00.000Z';
  return { name: 'prod', repository: 'fleet', revision: A, isDeployed: true, note: 'deployed', at, ...more };
}

it('records the newest commit of each target, and the newest note of each commit', () => {
  const records = newestOf([
    outcome({ note: 'deployed A' }),
    outcome({ name: 'staging', note: 'deployed A' }),
    outcome({ revision: B, note: 'deployed B', at: '2026-11-28T10:00:09.000Z' }),
    // The check of the older commit ends after the deploy of the newer one, and does not move the target back.
    outcome({ isDeployed: false, note: 'ready A', at: '2026-11-28T10:00:10.000Z' }),
    outcome({ name: 'dev', isDeployed: false, note: 'ready A' }),
  ]);
  const ms = Date.parse('2026-11-28T10:00:00.000Z');
  expect(records).toEqual([
    {
      target: 'prod',
      deployed: B,
      notes: new Map([
        [A, 'ready A'],
        [B, 'deployed B'],
      ]),
      atMs: ms + 10_000,
    },
    { target: 'staging', deployed: A, notes: new Map([[A, 'deployed A']]), atMs: ms },
    { target: 'dev', deployed: null, notes: new Map([[A, 'ready A']]), atMs: ms },
  ]);
});

it.each([{ target: 'record/fleet', outcome: outcome({}) }, { target: 'write/fleet/main' }])(
  'reads a message of the queue of writes as it was sent: %j',
  (message) => {
    expect(readWrite(JSON.stringify(message))).toEqual(message);
  },
);

it.each([
  { target: 'record/fleet' },
  { target: 'record/fleet', outcome: outcome({ revision: 'main' as Revision }) },
  { target: 'deploy' },
])('does not read as a message of the queue of writes: %j', (message) => {
  expect(readWrite(JSON.stringify(message))).toBeNull();
});
