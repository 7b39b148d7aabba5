import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The lease holder of a data directory: an id that is created once and kept in it. Its path would not do, because two
 * machines may use the same one. Nor would the id alone: a copy of the directory must not take over the leases of the
 * original, so the file's inode, which a copy does not have, is part of its content.
 */
export async function holderOf(dataDirectory: string): Promise<string> {
  const file = await open(join(dataDirectory, 'holder'), 'a+', 0o600);
  try {
    const { ino } = await file.stat({ bigint: true });
    const [known = '', inode] = (await file.readFile('utf8')).split(' ');
    if (known !== '' && inode === String(ino)) return known;
    const holder = randomUUID();
    await file.truncate(0);
    await file.writeFile(`${holder} ${ino}`);
    return holder;
  } finally {
    await file.close();
  }
}
