import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { DeployError, reasonOf } from '../../error/deploy-error.ts';
import { visibleLine } from '../../error/visible-text.ts';
import type { LocalObjects } from '../../git/local-objects.ts';
import type { ObjectStore } from '../../git/wire/pack.ts';
import { asRevision } from '../../snapshot/source.ts';
import type { Revision } from '../../snapshot/source.ts';

/** The files of a checkout as a commit would have them, and the objects that this commit consists of. */
export interface Checkout extends LocalObjects {
  /** The root of the checkout. */
  readonly directory: string;
  /** A commit that exists only here: what `git add --all` and `git commit` would make. */
  readonly revision: Revision;
  /** Its parent; null before the first commit. */
  readonly head: Revision | null;
  /** Is the commit part of what is checked out? Also false for a commit that the clone does not have. */
  contains(revision: Revision): Promise<boolean>;
  close(): Promise<void>;
}

/** Adding a large directory for the first time hashes all of its files. */
const GIT_MS = 120_000;
const OUTPUT_BYTES = 256 * 1024 * 1024;

const AUTHOR = { NAME: 'headgate', EMAIL: 'headgate@localhost', DATE: '@0 +0000' };

/**
 * Lets git itself read the checkout, so that ignored files, line endings, filters, symbolic links and submodules are what a
 * commit would make of them. The index and the objects are written to a temporary directory: the clone is not changed.
 */
export async function openCheckout(path: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Checkout> {
  const start = resolve(path);
  const own = withoutRepository(env);
  const outside = runner(start, own, signal);
  const directory = (await outside(['rev-parse', '--show-toplevel'])).toString().trimEnd();
  const [objects = '', index = ''] = (await outside(['rev-parse', '--git-path', 'objects', '--git-path', 'index']))
    .toString()
    .split('\n');
  const temporary = await mkdtemp(join(tmpdir(), 'headgate-checkout-'));
  const close = () => rm(temporary, { recursive: true, force: true });
  try {
    await mkdir(join(temporary, 'objects'));
    // With the index, git hashes only the files that have changed since. A new clone has none.
    await copyFile(resolve(start, index), join(temporary, 'index')).catch(() => undefined);
    const git = runner(directory, { ...own, ...temporaryGit(temporary, resolve(start, objects), env) }, signal);
    const head = asRevision(
      (await git(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { mayFail: true })).toString().trimEnd(),
    );
    await git(['add', '--all']);
    const tree = (await git(['write-tree'])).toString().trimEnd();
    const parent = head === null ? [] : ['-p', head];
    const made = (await git(['commit-tree', tree, ...parent, '-m', 'working directory'])).toString().trimEnd();
    const revision = asRevision(made);
    if (revision === null) throw unreadable(start, `git commit-tree printed ${JSON.stringify(made)}`);
    return {
      directory,
      revision,
      head,
      async contains(commit) {
        if (head === null) return false;
        const found = await git(['merge-base', commit, head], { mayFail: true });
        return found.toString().trimEnd() === commit;
      },
      async read(ids) {
        if (ids.length === 0) return new Map();
        return parseBatch(await git(['cat-file', '--batch'], { input: `${ids.join('\n')}\n` }));
      },
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function temporaryGit(temporary: string, objects: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = env['GIT_ALTERNATE_OBJECT_DIRECTORIES'];
  return {
    GIT_INDEX_FILE: join(temporary, 'index'),
    GIT_OBJECT_DIRECTORY: join(temporary, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: others === undefined ? objects : `${objects}${delimiter}${others}`,
    // What a partial clone lacks is read from the Git host with the credentials of headgate.yml.
    GIT_NO_LAZY_FETCH: '1',
    ...Object.fromEntries(
      Object.entries(AUTHOR).flatMap(([name, value]) => [
        [`GIT_AUTHOR_${name}`, value],
        [`GIT_COMMITTER_${name}`, value],
      ]),
    ),
  };
}

interface GitOptions {
  readonly input?: string;
  /** Resolves to what it printed even if it fails. */
  readonly mayFail?: boolean;
}

function runner(directory: string, env: NodeJS.ProcessEnv, signal: AbortSignal) {
  return (args: readonly string[], { input = '', mayFail = false }: GitOptions = {}): Promise<Buffer> =>
    new Promise((done, fail) => {
      const limits = { timeout: GIT_MS, maxBuffer: OUTPUT_BYTES, encoding: 'buffer' } as const;
      const child = execFile('git', [...args], { cwd: directory, env, signal, ...limits }, (error, stdout, stderr) => {
        if (error === null || (mayFail && typeof error.code === 'number')) done(stdout);
        else fail(unreadable(directory, stderr.toString().trim() || reasonOf(error), error));
      });
      // A program that does not exist closes its input too.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
}

/** A hook runs with variables that name another repository, or another index. */
const OF_ANOTHER: ReadonlySet<string> = new Set([
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_PREFIX',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
]);

function withoutRepository(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OF_ANOTHER.has(name)));
}

/** https://git-scm.com/docs/git-cat-file#_batch_output */
function parseBatch(output: Buffer): ObjectStore {
  const objects: ObjectStore = new Map();
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(0x0a, at);
    const [id = '', type = '', size = ''] = output.subarray(at, end).toString().split(' ');
    at = end + 1;
    if (type !== 'commit' && type !== 'tree' && type !== 'blob' && type !== 'tag') continue;
    objects.set(id, { type, data: output.subarray(at, at + Number(size)) });
    at += Number(size) + 1;
  }
  return objects;
}

function unreadable(directory: string, message: string, cause?: unknown): DeployError {
  return new DeployError('usage', {
    subject: directory,
    message: visibleLine(message),
    remedy: 'Pass a directory inside a clone of the repository, where git status works.',
    cause,
  });
}
