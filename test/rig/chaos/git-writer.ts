import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';

export interface Commit {
  readonly revision: string;
  readonly tree: string;
}

/** A file, a symbolic link, or a commit of another repository. */
export type Content = string | { readonly link: string } | { readonly submodule: string };

export type Files = Readonly<Record<string, Content>>;

/** Writes loose objects and refs into a bare repository: a git process per commit would take most of the time. */
export interface GitWriter {
  /** Makes a commit of exactly these files, and moves the branch to it. */
  commit(branch: string, files: Files, parents: readonly string[]): Commit;
  /** Moves the branch to a commit that exists. */
  moveBranch(branch: string, revision: string): void;
}

type Directory = Map<string, Content | Directory>;

export function openGitWriter(repository: string): GitWriter {
  let commits = 0;

  function put(type: string, body: Buffer): string {
    const bytes = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
    const id = createHash('sha1').update(bytes).digest('hex');
    write(join(repository, 'objects', id.slice(0, 2), id.slice(2)), deflateSync(bytes, { level: 1 }));
    return id;
  }

  function putTree(directory: Directory): string {
    const rows = [...directory].map(([name, content]) => {
      const { mode, id } = putEntry(content);
      // Git sorts a directory as if its name ended in a slash.
      const key = content instanceof Map ? `${name}/` : name;
      return { key, row: [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')] };
    });
    const sorted = rows.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    return put('tree', Buffer.concat(sorted.flatMap(({ row }) => row)));
  }

  function putEntry(content: Content | Directory): { mode: string; id: string } {
    if (typeof content === 'string') return { mode: '100644', id: put('blob', Buffer.from(content)) };
    if (content instanceof Map) return { mode: '40000', id: putTree(content) };
    if ('link' in content) return { mode: '120000', id: put('blob', Buffer.from(content.link)) };
    return { mode: '160000', id: content.submodule };
  }

  function moveBranch(branch: string, revision: string): void {
    const file = join(repository, 'refs', 'heads', branch);
    write(`${file}.new`, `${revision}\n`);
    renameSync(`${file}.new`, file);
  }

  return {
    moveBranch,
    commit(branch, files, parents) {
      commits += 1;
      const tree = putTree(directoryOf(files));
      const who = `dev <dev@example.com> ${1_700_000_000 + commits} +0000`;
      const head = [`tree ${tree}`, ...parents.map((id) => `parent ${id}`), `author ${who}`, `committer ${who}`];
      const revision = put('commit', Buffer.from(`${head.join('\n')}\n\nchange ${commits}\n`));
      moveBranch(branch, revision);
      return { revision, tree };
    },
  };
}

function write(path: string, content: string | Buffer): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function directoryOf(files: Files): Directory {
  const root: Directory = new Map();
  for (const [path, content] of Object.entries(files)) {
    const names = path.split('/');
    let at = root;
    for (const name of names.slice(0, -1)) {
      const below = at.get(name);
      const next: Directory = below instanceof Map ? below : new Map();
      at.set(name, next);
      at = next;
    }
    at.set(names.at(-1) ?? '', content);
  }
  return root;
}
