import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeployError } from '../../../src/error/deploy-error.ts';
import { readDeadLetters } from '../../../src/platforms/local/dead-letters.ts';
import { openLocalQueues } from '../../../src/platforms/local/queues.ts';

let directory = '';
let file = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-queue-'));
  file = join(directory, 'queue.db');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function refusal(): Promise<string> {
  const opened = openLocalQueues({ dataDirectory: directory, nowMs: () => Date.now() });
  const error = await opened.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DeployError)) throw new Error(`not refused with a DeployError: ${String(error)}`);
  expect(error.problem).toMatchObject({ code: 'usage', subject: file });
  return error.problem.message;
}

function write(sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

describe('a queue.db that cannot be used', () => {
  it.each([
    ['of random bytes', () => writeFileSync(file, 'x'.repeat(8192)), /^is not a queue of this version of Headgate: /],
    ['with other tables', () => write('CREATE TABLE messages (id, other)'), /^is not a queue .*no such column/],
    ['of a newer Headgate', () => write('PRAGMA user_version = 2'), /^was written by a newer version .* \(schema 2\)$/],
    ['that is a directory', () => mkdirSync(file), /^cannot be written: /],
  ])('is refused by name when it is one %s', async (_kind, prepare, message) => {
    prepare();
    expect(await refusal()).toMatch(message);
  });

  it('releases the lock of its directory, so that the next start in the same process can use it', async () => {
    writeFileSync(file, 'x'.repeat(8192));
    await refusal();
    rmSync(file);
    const queues = await openLocalQueues({ dataDirectory: directory, nowMs: () => Date.now() });
    expect(readDeadLetters(directory, Date.now())).toEqual([]);
    await queues.close();
  });
});
