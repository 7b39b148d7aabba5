import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Tree = Readonly<Record<string, string | { readonly mode: string; readonly content: string }>>;

const ENV = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

const roots: string[] = [];

/** Call it at the end of a test file. */
export function removeRepositories(): void {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
}

/** A bare repository written with git's own plumbing, a whole tree at a time. */
export class BareRepository {
  readonly root: string;
  readonly path: string;
  #commits = 0;
  readonly #branches = new Set<string>();

  constructor(name = 'fleet.git', { format = 'sha1', filter = true }: { format?: string; filter?: boolean } = {}) {
    this.root = mkdtempSync(join(tmpdir(), 'headgate-git-'));
    roots.push(this.root);
    this.path = join(this.root, name);
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', `--object-format=${format}`, this.path], { env: ENV });
    this.git('config', 'uploadpack.allowFilter', String(filter));
    this.git('config', 'http.receivepack', 'true');
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-C', this.path, ...args], {
      env: ENV,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  /** A commit of exactly this tree on the branch; its parent is the branch's tip unless it is given. One process. */
  commit(tree: Tree, { branch = 'main', parent }: { branch?: string; parent?: string | null } = {}): string {
    this.#commits += 1;
    const ref = `refs/heads/${branch}`;
    const tip = this.#branches.has(ref) ? `${ref}^0` : null;
    const from = parent === undefined ? tip : parent;
    this.#branches.add(ref);
    const lines = [
      `commit ${ref}`,
      'mark :1',
      `committer a <a@example.com> ${1_700_000_000 + this.#commits} +0000`,
      data(`commit ${this.#commits}`),
    ];
    if (from !== null) lines.push(`from ${from}`);
    lines.push('deleteall');
    for (const [path, file] of Object.entries(tree)) {
      const { mode, content } = typeof file === 'string' ? { mode: '100644', content: file } : file;
      if (mode === '160000') lines.push(`M 160000 ${content} ${path}`);
      else lines.push(`M ${mode} inline ${path}`, data(content));
    }
    lines.push('get-mark :1');
    return execFileSync('git', ['-C', this.path, 'fast-import', '--quiet', '--force'], {
      env: ENV,
      encoding: 'utf8',
      input: `${lines.join('\n')}\n`,
    }).trim();
  }

  tryGit(...args: readonly string[]): string | null {
    try {
      return this.git(...args);
    } catch {
      return null;
    }
  }

  treeOf(revision: string, path = ''): string {
    return this.git('rev-parse', `${revision}^{tree}${path === '' ? '' : `:${path}`}`.replace('^{tree}:', ':'));
  }

  /** The changes according to git: path → id of the blob now, or null. */
  difference(before: string, now: string): ReadonlyMap<string, string | null> {
    const raw = this.git('diff-tree', '-r', '--raw', '--no-renames', '-z', before, now);
    const fields = raw.split('\0');
    const changes = new Map<string, string | null>();
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [, , , id = '', status = ''] = (fields[at] ?? '').split(' ');
      changes.set(fields[at + 1] ?? '', status === 'D' ? null : id);
    }
    return changes;
  }
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}
