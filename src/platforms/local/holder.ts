import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The lease holder of a data directory: an id that is created once and kept in it. Its path would not do, because two
 * machines may use the same one.
 */
export async function holderOf(dataDirectory: string): Promise<string> {
  const file = join(dataDirectory, 'holder');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known;
  const holder = randomUUID();
  await writeFile(file, holder, { mode: 0o600 });
  return holder;
}
