import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ChangedFile {
  readonly path: string;
  readonly content: Buffer;
}

export interface FileCommit {
  readonly branch: string;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly files: readonly ChangedFile[];
}

const HOST = { GIT_COMMITTER_NAME: 'Git host', GIT_COMMITTER_EMAIL: 'noreply@git.example.com' };

/** Commits files to a branch of a bare repository as an API does. Null: the branch has moved meanwhile. */
export function commitFiles(
  directory: string,
  { branch, message, author, files }: FileCommit,
): { readonly before: string; readonly after: string } | null {
  const scratch = mkdtempSync(join(tmpdir(), 'headgate-index-'));
  const by = { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email };
  const env = { ...process.env, ...HOST, ...by, GIT_INDEX_FILE: join(scratch, 'index') };
  const git = (args: readonly string[], input: Buffer | string = '') =>
    execFileSync('git', ['-C', directory, ...args], { env, input, stdio: ['pipe', 'pipe', 'ignore'] })
      .toString()
      .trim();
  try {
    const before = git(['rev-parse', `refs/heads/${branch}`]);
    git(['read-tree', before]);
    for (const { path, content } of files) {
      const blob = git(['hash-object', '-w', '--stdin'], content);
      git(['update-index', '--cacheinfo', `100644,${blob},${path}`]);
    }
    const after = git(['commit-tree', git(['write-tree']), '-p', before], message);
    try {
      git(['update-ref', `refs/heads/${branch}`, after, before]);
      return { before, after };
    } catch {
      return null;
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
