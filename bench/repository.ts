import { mustRun } from '../test/rig/programs/command.ts';

/** One commit on the branch, as a Git host announces it. */
export interface BenchCommit {
  readonly revision: string;
  readonly tree: string;
  readonly before: string;
  readonly paths: readonly string[];
}

export type Files = Readonly<Record<string, string | null>>;

const PREPARED = 'refs/bench/prepared';
const NO_COMMIT = '0'.repeat(40);

/** A bare repository, written with git fast-import: changing one of ten thousand files needs no checkout. */
export interface BenchRepository {
  readonly directory: string;
  /** Creates a commit on top of the previous one, and moves the branch to it. */
  commit(files: Files): Promise<BenchCommit>;
  /** Creates a commit without moving the branch. */
  prepare(files: Files): Promise<BenchCommit>;
  publish(commit: BenchCommit): Promise<void>;
  /** Creates a commit on top of the previous one, on a branch that begins there. */
  branch(name: string, files: Files): Promise<void>;
  /** Packs the repository as a host's maintenance does: one pack, with a bitmap. */
  repack(): Promise<void>;
}

export function benchRepository(directory: string): BenchRepository {
  let tip = NO_COMMIT;
  let count = 0;
  const git = async (...args: readonly string[]) => (await mustRun('git', ['-C', directory, ...args])).trim();

  async function prepare(files: Files): Promise<BenchCommit> {
    count += 1;
    const before = tip;
    const stream = [...headOf(before, count), ...Object.entries(files).map(([path, content]) => change(path, content))];
    await mustRun('git', ['-C', directory, 'fast-import', '--quiet', '--force'], { input: stream.join('') });
    const [revision = '', tree = ''] = (await git('rev-parse', PREPARED, `${PREPARED}^{tree}`)).split('\n');
    tip = revision;
    return { revision, tree, before, paths: Object.keys(files) };
  }

  async function publish({ revision }: BenchCommit): Promise<void> {
    await git('update-ref', 'refs/heads/main', revision);
  }

  return {
    directory,
    prepare,
    publish,
    async commit(files) {
      const commit = await prepare(files);
      await publish(commit);
      return commit;
    },
    async branch(name, files) {
      const onBranch = headOf(tip, count).join('').replace(PREPARED, `refs/heads/${name}`);
      const stream = [onBranch, ...Object.entries(files).map(([path, content]) => change(path, content))];
      await mustRun('git', ['-C', directory, 'fast-import', '--quiet', '--force'], { input: stream.join('') });
    },
    async repack() {
      await git('repack', '-adbq');
    },
  };
}

function headOf(before: string, count: number): readonly string[] {
  const head = `commit ${PREPARED}\ncommitter bench <bench@example.com> ${1_700_000_000 + count} +0000\ndata 0\n`;
  return before === NO_COMMIT ? [head] : [head, `from ${before}\n`];
}

function change(path: string, content: string | null): string {
  if (content === null) return `D ${path}\n`;
  return `M 100644 inline ${path}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
}

/** GitHub's payload for a push of these commits, with the fields that Headgate reads. */
export function payloadOf(repository: { id: number; fullName: string }, commits: readonly BenchCommit[]): string {
  const last = commits.at(-1);
  return JSON.stringify({
    ref: 'refs/heads/main',
    before: commits[0]?.before,
    after: last?.revision,
    created: commits[0]?.before === NO_COMMIT,
    deleted: false,
    forced: false,
    repository: { id: repository.id, full_name: repository.fullName },
    head_commit: last === undefined ? null : shown(last),
    commits: commits.slice(-2048).map((commit) => shown(commit)),
  });
}

function shown({ revision, tree, paths }: BenchCommit) {
  return { id: revision, tree_id: tree, added: [], removed: [], modified: paths.slice(0, 3000) };
}
