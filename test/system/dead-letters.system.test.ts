import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadLetters } from '../../src/platforms/local/dead-letters.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;
beforeEach(async () => {
  testbed = await Testbed.build();
  await testbed.start();
});
afterEach(() => testbed.tearDown());

/** Beside the `serve` that has the directory, as nothing but a test does it. */
function withDatabase(work: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(join(testbed.directory, 'data', 'queue.db'));
  work(db);
  db.close();
}

const shown = async (): Promise<unknown> => {
  const [row] = JSON.parse((await testbed.headgate('status', '--output', 'json')).stdout) as { deadLetters: unknown }[];
  return row?.deadLetters;
};

describe('dead letters', () => {
  it('are listed by headgate status until their target is deployed', async () => {
    const letter = { delivery: 'd', revision: null, at: new Date().toISOString() };
    withDatabase((db) => deadLetters(db, Date.now).add({ target: testbed.namespace, ...letter }));
    expect(await shown()).toEqual([letter]);
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
    expect(await shown()).toEqual([]);
  });

  it('that cannot be cleared do not make a successful deploy run again', async () => {
    withDatabase((db) => db.exec('DROP TABLE dead_letters'));
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a') });
    await testbed.outcome(revision, 'deployed');
    await testbed.logged(({ message }) => message === 'dead-letter-not-cleared');
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) }), 'deployed');
    expect(testbed.log.filter((line) => line['verdict'] !== undefined && line['revision'] === revision)).toHaveLength(
      1,
    );
  });
});
