import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A request that was given up on, as `headgate status` lists it. */
export interface DeadLetter {
  readonly target: string;
  readonly delivery: string;
  readonly revision: string | null;
  /** RFC 3339. */
  readonly at: string;
}

/** Older ones have been seen or never will be. */
const KEPT_MS = 14 * 24 * 3_600_000;

export interface DeadLetters {
  list(): Promise<readonly DeadLetter[]>;
  add(letter: DeadLetter): Promise<void>;
  /** After a deploy of the target that went well. */
  clear(target: string): Promise<void>;
}

/** A file of the data directory: it outlives the queue that they came from. */
export function deadLetters({ dataDirectory, nowMs }: { dataDirectory: string; nowMs: () => number }): DeadLetters {
  const file = join(dataDirectory, 'dead-letters.json');
  let writing: Promise<void> = Promise.resolve();

  async function list(): Promise<readonly DeadLetter[]> {
    const text = await readFile(file, 'utf8').catch(() => '[]');
    const letters = JSON.parse(text) as readonly DeadLetter[];
    return letters.filter(({ at }) => Date.parse(at) > nowMs() - KEPT_MS);
  }

  async function rewrite(change: (letters: readonly DeadLetter[]) => readonly DeadLetter[]): Promise<void> {
    const before = await list();
    const after = change(before);
    if (after.length === before.length) return;
    await writeFile(`${file}.tmp`, JSON.stringify(after), { mode: 0o600 });
    await rename(`${file}.tmp`, file);
  }

  function inTurn(change: Parameters<typeof rewrite>[0]): Promise<void> {
    writing = writing.then(() => rewrite(change));
    return writing;
  }

  return {
    list,
    add: (letter) => inTurn((letters) => [...letters, letter]),
    clear: (target) => inTurn((letters) => letters.filter((letter) => letter.target !== target)),
  };
}
