import type { BranchChange, TreeObject } from '../../images/branch-writer.ts';
import type { ObjectFormat } from '../wire/object-format.ts';
import { idOf } from '../wire/pack.ts';
import type { GitObject } from '../wire/pack.ts';
import { gitError } from '../wire/git-error.ts';

/** An object that is to be pushed, with its id. */
export interface NewObject extends GitObject {
  readonly id: string;
}

export function newObject(type: GitObject['type'], data: Buffer, format: ObjectFormat): NewObject {
  return { type, data, id: idOf({ type, data }, format) };
}

/** The files and all trees above them. The last one is the root tree. */
export function treesWith(
  { files, trees }: Pick<BranchChange, 'files' | 'trees'>,
  format: ObjectFormat,
): readonly NewObject[] {
  const changed = new Map([...files].map(([path, bytes]) => [path, newObject('blob', Buffer.from(bytes), format)]));
  const objects = [...changed.values()];
  // The deepest first, because a tree names the trees in it.
  const deepestFirst = [...trees].toSorted(([a], [b]) => depthOf(b) - depthOf(a));
  for (const [directory, tree] of deepestFirst) {
    const own = [...changed].filter(([path]) => directoryOf(path) === directory && path !== '');
    const ids = new Map(own.map(([path, { id }]) => [path.slice(path.lastIndexOf('/') + 1), id]));
    const written = newObject('tree', withIds(tree, ids), format);
    changed.set(directory, written);
    objects.push(written);
  }
  return objects;
}

function depthOf(directory: string): number {
  return directory === '' ? 0 : directory.split('/').length;
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** The tree with other ids for these names. Names, modes and their order stay, so nothing but the ids differs. */
function withIds({ id, data }: TreeObject, ids: ReadonlyMap<string, string>): Buffer {
  const idBytes = id.length / 2;
  const written = Buffer.from(data);
  const missing = new Set(ids.keys());
  for (let at = 0; at < data.length;) {
    const nul = data.indexOf(0, at);
    const name = data.toString('utf8', data.indexOf(0x20, at) + 1, nul);
    const to = ids.get(name);
    if (to !== undefined) written.write(to, nul + 1, 'hex');
    missing.delete(name);
    at = nul + 1 + idBytes;
  }
  const [lost] = missing;
  if (lost !== undefined) throw gitError('git-protocol', { subject: lost, message: `the tree ${id} has no ${lost}` });
  return written;
}

export interface CommitText {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: BranchChange['author'];
  readonly atMs: number;
  readonly message: string;
  readonly sign: BranchChange['sign'];
}

/** The header has another name in a repository with SHA-256, because the signed bytes have other ids. */
const SIGNATURE_HEADERS = { sha1: 'gpgsig', sha256: 'gpgsig-sha256' } as const;

export function commitObject(
  { tree, parents, author, atMs, message, sign }: CommitText,
  format: ObjectFormat,
): NewObject {
  const by = `${author.name} <${author.email}> ${Math.floor(atMs / 1000)} +0000`;
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${by}`, `committer ${by}`];
  const body = `\n\n${message.replaceAll('\0', '').trimEnd()}\n`;
  const text = Buffer.from(`${lines.join('\n')}${body}`);
  if (sign === null) return newObject('commit', text, format);
  const signature = sign(text).trimEnd().replaceAll('\n', '\n ');
  const signed = [...lines, `${SIGNATURE_HEADERS[format]} ${signature}`];
  return newObject('commit', Buffer.from(`${signed.join('\n')}${body}`), format);
}
