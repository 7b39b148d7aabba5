import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A ref that moved. An id of zeros means that it did not exist, or no longer exists. */
export interface RefChange {
  readonly before: string;
  readonly after: string;
  readonly ref: string;
}

export interface Pushed {
  /** The bare repository. */
  readonly path: string;
  readonly hostUrl: string;
  readonly fullName: string;
  readonly id: number;
}

interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly shown: Readonly<Record<string, unknown>>;
}

/** GitHub lists no more: the newest commits, and of each the first files. */
const COMMITS_LISTED = 2048;
const FILES_LISTED = 3000;

/** What a post-receive hook reads. */
export function refChangesIn(lines: string): readonly RefChange[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const [before = '', after = '', ref = ''] = line.split(' ');
      return { before, after, ref };
    });
}

/** GitHub's push payload, from the repository itself. */
export async function pushPayload(change: RefChange, pushed: Pushed): Promise<object> {
  const { before, after, ref } = change;
  const commits = await commitsOf(change, pushed);
  return {
    ref,
    before,
    after,
    repository: repositoryShown(pushed),
    pusher: { name: 'pusher', email: 'pusher@example.com' },
    sender: { login: 'pusher', id: 1, type: 'User', site_admin: false },
    created: isZero(before),
    deleted: isZero(after),
    forced: !isZero(before) && !isZero(after) && !(await isForward(change, commits, pushed)),
    base_ref: null,
    compare: compareOf(change, pushed),
    commits: commits.slice(-COMMITS_LISTED).map(({ shown }) => shown),
    head_commit: await headOf(after, commits, pushed),
  };
}

function isZero(oid: string): boolean {
  return /^0+$/.test(oid);
}

/** Of a new branch, those that no other branch has; of a tag, none. */
async function commitsOf({ before, after, ref }: RefChange, pushed: Pushed): Promise<readonly Commit[]> {
  if (isZero(after) || !ref.startsWith('refs/heads/')) return [];
  const branch = ref.slice('refs/heads/'.length);
  return readCommits(
    isZero(before) ? [after, '--not', `--exclude=${branch}`, '--branches'] : [`${before}..${after}`],
    pushed,
  );
}

/** Of the commits since `before`, one is its child, unless it was left behind. */
async function isForward(
  { before, after, ref }: RefChange,
  commits: readonly Commit[],
  { path }: Pushed,
): Promise<boolean> {
  if (ref.startsWith('refs/heads/')) return commits.some(({ parents }) => parents.includes(before));
  return git(path, 'merge-base', '--is-ancestor', before, after).then(
    () => true,
    () => false,
  );
}

async function headOf(after: string, commits: readonly Commit[], pushed: Pushed): Promise<object | null> {
  if (isZero(after)) return null;
  const known = commits.find(({ id }) => id === after);
  const [head] = known === undefined ? await readCommits(['-1', after], pushed) : [known];
  return head?.shown ?? null;
}

/** A commit begins with two empty fields, and its files follow its message. */
const FORMAT = `${'%x00'.repeat(2)}${['%H', '%P', '%T', '%aI', '%an', '%ae', '%cn', '%ce', '%B'].join('%x00')}%x00`;
const FILES = ['-c', '--root', '-r', '-z', '--no-renames', '--name-status'];

/** The oldest first. One process for all: it is most of what a push costs. */
async function readCommits(range: readonly string[], pushed: Pushed): Promise<readonly Commit[]> {
  const fields = (await git(pushed.path, 'log', '--reverse', ...FILES, `--format=${FORMAT}`, ...range)).split('\0');
  const commits: Commit[] = [];
  let at = 0;
  const take = () => (fields[at++] ?? '').trim();
  while (at < fields.length) {
    const id = take();
    if (id === '') continue;
    const [parents, tree, time, authorName, authorMail, name, mail, message] = Array.from({ length: 8 }, take);
    const files = { added: [] as string[], removed: [] as string[], modified: [] as string[] };
    // An empty field, and of a merge two, are before the files; an empty field ends them.
    const isMerge = parents?.includes(' ') === true;
    at += isMerge ? 2 : 1;
    for (let count = 0, status = take(); status !== ''; count += 1, status = take()) {
      const path = fields[at++] ?? '';
      const kind = status === 'A' ? 'added' : status === 'D' ? 'removed' : 'modified';
      if (count < FILES_LISTED) files[kind].push(path);
    }
    commits.push({
      id,
      parents: parents?.split(' ') ?? [],
      shown: {
        id,
        tree_id: tree,
        distinct: true,
        message,
        timestamp: time,
        url: `${pushed.hostUrl}/${pushed.fullName}/commit/${id}`,
        author: { name: authorName, email: authorMail, username: authorName },
        committer: { name, email: mail, username: name },
        ...files,
      },
    });
  }
  return commits;
}

async function git(path: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', path, ...args], { maxBuffer: 1 << 28 });
  return stdout;
}

function compareOf({ before, after }: RefChange, { hostUrl, fullName }: Pushed): string {
  if (isZero(before) || isZero(after)) return `${hostUrl}/${fullName}/commit/${isZero(after) ? before : after}`;
  return `${hostUrl}/${fullName}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`;
}

function repositoryShown({ hostUrl, fullName, id }: Pushed): object {
  const [owner = '', name = ''] = fullName.split('/');
  const api = `${hostUrl}/api/repos/${fullName}`;
  return {
    id,
    node_id: Buffer.from(`010:Repository${id}`).toString('base64'),
    name,
    full_name: fullName,
    private: false,
    owner: { name: owner, email: `${owner}@example.com`, login: owner, id: 1, type: 'Organization', site_admin: false },
    html_url: `${hostUrl}/${fullName}`,
    description: null,
    fork: false,
    url: `${hostUrl}/${fullName}`,
    hooks_url: `${api}/hooks`,
    statuses_url: `${api}/statuses/{sha}`,
    commits_url: `${api}/commits{/sha}`,
    clone_url: `${hostUrl}/${fullName}.git`,
    default_branch: 'main',
    master_branch: 'main',
    archived: false,
    disabled: false,
    visibility: 'public',
  };
}
