import type { CommitDescription } from '../snapshot/source.ts';
import { gitError } from './wire/git-error.ts';

export type EntryKind = 'tree' | 'file' | 'symlink' | 'submodule';

export interface TreeEntry {
  readonly name: string;
  readonly mode: string;
  readonly kind: EntryKind;
  readonly id: string;
  /** Why the name is unsafe; null when it is safe. */
  readonly hazard: string | null;
}

const KINDS: Readonly<Record<string, EntryKind>> = {
  '40000': 'tree',
  '100644': 'file',
  '100664': 'file',
  '100755': 'file',
  '120000': 'symlink',
  '160000': 'submodule',
};

/** A tree object of these entries. Git sorts them as if the names of trees ended with a slash: https://git-scm.com/docs/git-mktree */
export function treeData(entries: readonly Pick<TreeEntry, 'mode' | 'name' | 'id'>[]): Buffer {
  const sorted = entries
    .map((entry) => ({ ...entry, key: Buffer.from(KINDS[entry.mode] === 'tree' ? `${entry.name}/` : entry.name) }))
    .toSorted((one, other) => Buffer.compare(one.key, other.key));
  return Buffer.concat(
    sorted.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
  );
}

/** Reads the entries of a tree object: `<mode> <name>\0<id>` each. The ids are as long as the tree's own. */
export function readTree(data: Buffer, { id, subject }: { id: string; subject: string }): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  const counts = new Map<string, number>();
  const idBytes = id.length / 2;
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(0x20, at);
    const nul = data.indexOf(0, space);
    const end = nul + 1 + idBytes;
    const mode = data.toString('latin1', at, space);
    const kind = KINDS[mode];
    if (space === -1 || nul === -1 || end > data.length || kind === undefined) {
      throw gitError('git-protocol', { subject, message: 'a tree object is malformed' });
    }
    const bytes = data.subarray(space + 1, nul);
    const name = bytes.toString();
    counts.set(name, (counts.get(name) ?? 0) + 1);
    entries.push({ name, mode, kind, id: data.toString('hex', nul + 1, end), hazard: hazardOf(name, bytes) });
    at = end;
  }
  if (counts.size === entries.length) return entries;
  const isTwice = ({ name }: TreeEntry) => counts.get(name) !== 1;
  return entries.map((entry) => (isTwice(entry) ? { ...entry, hazard: 'a name used twice in its directory' } : entry));
}

/** Bidirectional overrides and control characters disguise a name as another one. */
// oxlint-disable-next-line no-control-regex
const DISGUISE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Git may serve names that are unsafe in a file system, and a malicious server does so on purpose. */
function hazardOf(name: string, bytes: Buffer): string | null {
  if (name === '' || name === '.' || name === '..' || name.includes('/'))
    return 'a name that leads outside its directory';
  if (name.toLowerCase() === '.git') return 'a .git directory inside the repository';
  if (DISGUISE.test(name)) return 'a name with control characters';
  return Buffer.from(name).equals(bytes) ? null : 'a name that is not valid UTF-8';
}

/** The root tree of a commit. */
export function treeOfCommit(data: Buffer, subject: string): string {
  const tree = /^tree ([0-9a-f]{40}|[0-9a-f]{64})\n/.exec(data.toString('latin1', 0, 80))?.[1];
  if (tree === undefined) throw gitError('git-protocol', { subject, message: 'a commit object is malformed' });
  return tree;
}

/** The first line of a commit's message, and who wrote it; a name that cannot be read is empty. */
export function describeCommit(data: Buffer): CommitDescription {
  const text = data.toString();
  const end = text.indexOf('\n\n');
  const header = end === -1 ? text : text.slice(0, end);
  const message = end === -1 ? '' : text.slice(end + 2).trimStart();
  const committed = /^committer .*> (\d{1,12}) [+-]\d{4}$/m.exec(header)?.[1];
  return {
    subject: message.split('\n', 1)[0]?.trim() ?? '',
    author: /^author ([^<\n]*?) *</m.exec(header)?.[1] ?? '',
    committedMs: committed === undefined ? null : Number(committed) * 1000,
  };
}

export function parentsOfCommit(data: Buffer): readonly string[] {
  const header = data.toString('latin1').split('\n\n')[0] ?? '';
  return [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, id]) => id ?? '');
}
