import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface User {
  readonly id: number;
  readonly login: string;
  /** In every repository. */
  readonly permission: 'admin' | 'write' | 'read' | 'none';
}

export interface StoredComment {
  readonly id: number;
  readonly number: number;
  readonly user: User;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
  readonly reactions: { readonly user: User; readonly content: string }[];
}

export interface StoredPullRequest {
  readonly number: number;
  title: string;
  body: string;
  readonly user: User;
  /** Of a fork: another repository of this host. */
  readonly headRepository: string;
  readonly branch: string;
  into: string;
  labels: string[];
  isDraft: boolean;
  state: 'open' | 'closed' | 'merged';
  head: string;
  mergeRevision: string | null;
  readonly createdAt: string;
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface NewPullRequest {
  readonly branch: string;
  readonly into?: string;
  readonly title?: string;
  readonly body?: string;
  readonly user?: User;
  readonly labels?: readonly string[];
  readonly isDraft?: boolean;
  readonly headRepository?: string;
}

/** What happened, for the webhooks. */
export type PullRequestEvent =
  | { readonly kind: 'pull-request'; readonly action: string; readonly pullRequest: StoredPullRequest }
  | {
      readonly kind: 'comment';
      readonly action: string;
      readonly pullRequest: StoredPullRequest;
      readonly comment: StoredComment;
    };

/** The pull requests of one repository, over its real Git repository. */
export interface RepositoryPullRequests {
  readonly all: readonly StoredPullRequest[];
  readonly comments: readonly StoredComment[];
  open(request: NewPullRequest): Promise<StoredPullRequest>;
  find(number: number): StoredPullRequest | undefined;
  /** The head moved, when the branch of an open one was pushed to. */
  pushed(headRepository: string, branch: string, revision: string): Promise<void>;
  /** The branch moved: the merges that were tried are made again. */
  tryMerges(into: string): Promise<void>;
  label(number: number, labels: readonly string[]): void;
  retitle(number: number, title: string): void;
  rewrite(number: number, text: { readonly title: string; readonly body: string }): StoredPullRequest;
  /** How many commits of one branch the other one lacks; null: one of them does not exist. */
  commitsAhead(branch: string, into: string): Promise<number | null>;
  close(number: number): void;
  merge(number: number, method: MergeMethod): Promise<string>;
  comment(number: number, user: User, body: string): StoredComment;
  edit(id: number, body: string): StoredComment | undefined;
  remove(id: number): void;
  /** Those that brought a commit to the repository. */
  ofCommit(sha: string): Promise<readonly StoredPullRequest[]>;
  commits(number: number): Promise<readonly CommitShown[]>;
}

export interface CommitShown {
  readonly sha: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly committer: { readonly name: string; readonly email: string };
  readonly message: string;
}

export interface PullRequestsWorld {
  readonly directoryOf: (fullName: string) => string;
  readonly fullName: string;
  readonly now: () => Date;
  readonly onEvent: (event: PullRequestEvent) => void;
  /** The branch was changed by a merge, as if by a push. */
  readonly onMerged: (change: {
    readonly before: string;
    readonly after: string;
    readonly ref: string;
  }) => Promise<void>;
}

export const ROBOT: User = { id: 900, login: 'robot', permission: 'write' };
const ANN: User = { id: 11, login: 'ann', permission: 'write' };

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Host',
  GIT_AUTHOR_EMAIL: 'host@example.com',
  GIT_COMMITTER_NAME: 'Host',
  GIT_COMMITTER_EMAIL: 'host@example.com',
};

export function openPullRequests(world: PullRequestsWorld): RepositoryPullRequests {
  const all: StoredPullRequest[] = [];
  const comments: StoredComment[] = [];
  /** A deleted one leaves its id. */
  let written = 0;
  const directory = world.directoryOf(world.fullName);

  async function git(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, ...IDENTITY };
    const { stdout } = await promisify(execFile)('git', ['-C', directory, ...args], { env });
    return stdout.trim();
  }

  function found(number: number): StoredPullRequest {
    const pullRequest = all.find((each) => each.number === number);
    if (pullRequest === undefined) throw new Error(`pull request ${number} does not exist`);
    return pullRequest;
  }

  const changed = (pullRequest: StoredPullRequest, action: string) =>
    world.onEvent({ kind: 'pull-request', action, pullRequest });

  const tipOf = (branch: string) => git('rev-parse', `refs/heads/${branch}`);

  async function move(pullRequest: StoredPullRequest, revision: string): Promise<void> {
    pullRequest.head = revision;
    if (pullRequest.headRepository !== world.fullName) {
      await git('fetch', '-q', world.directoryOf(pullRequest.headRepository), revision);
    }
    await git('update-ref', `refs/pull/${pullRequest.number}/head`, revision);
    await tryMerge(pullRequest);
  }

  /** `refs/pull/N/merge`, unless it conflicts. */
  async function tryMerge(pullRequest: StoredPullRequest): Promise<void> {
    const ref = `refs/pull/${pullRequest.number}/merge`;
    const base = await tipOf(pullRequest.into);
    const tree = await git('merge-tree', '--write-tree', base, pullRequest.head).catch(() => null);
    if (tree === null) {
      pullRequest.mergeRevision = null;
      await git('update-ref', '-d', ref);
      return;
    }
    const message = `Merge ${pullRequest.head} into ${base}`;
    pullRequest.mergeRevision = await git('commit-tree', tree, '-p', base, '-p', pullRequest.head, '-m', message);
    await git('update-ref', ref, pullRequest.mergeRevision);
  }

  async function rebased(base: string, head: string): Promise<string> {
    let tip = base;
    for (const commit of (await git('rev-list', '--reverse', '--no-merges', `${base}..${head}`))
      .split('\n')
      .filter(Boolean)) {
      // Older versions of git have no --merge-base: the history of this commit has it.
      const onParent = await git('commit-tree', `${tip}^{tree}`, '-p', `${commit}^`, '-m', 'base');
      const tree = await git('merge-tree', '--write-tree', onParent, commit);
      tip = await git('commit-tree', tree, '-p', tip, '-m', await git('show', '-s', '--format=%B', commit));
    }
    return tip;
  }

  async function mergedBy(method: MergeMethod, { into, head, title, number }: StoredPullRequest): Promise<string> {
    const base = await tipOf(into);
    if (method === 'rebase') return rebased(base, head);
    const tree = await git('merge-tree', '--write-tree', base, head);
    const parents = method === 'merge' ? ['-p', base, '-p', head] : ['-p', base];
    return git('commit-tree', tree, ...parents, '-m', `${title} (#${number})`);
  }

  return {
    all,
    comments,
    // One that is being opened does not exist yet.
    find: (number) => all.find((each) => each.number === number && each.head !== ''),
    async open({
      branch,
      into = 'main',
      title = `Change ${branch}`,
      body = '',
      user = ANN,
      labels = [],
      isDraft = false,
      headRepository = world.fullName,
    }) {
      const pullRequest: StoredPullRequest = {
        number: all.length + 1,
        title,
        body,
        user,
        headRepository,
        branch,
        into,
        labels: [...labels],
        isDraft,
        state: 'open',
        head: '',
        mergeRevision: null,
        createdAt: world.now().toISOString(),
      };
      all.push(pullRequest);
      const from = world.directoryOf(headRepository);
      const { stdout } = await promisify(execFile)('git', ['-C', from, 'rev-parse', `refs/heads/${branch}`]);
      await move(pullRequest, stdout.trim());
      changed(pullRequest, 'opened');
      return pullRequest;
    },
    async pushed(headRepository, branch, revision) {
      const moved = all.filter(
        (each) => each.state === 'open' && each.headRepository === headRepository && each.branch === branch,
      );
      for (const pullRequest of moved) {
        if (pullRequest.head === revision) continue;
        await move(pullRequest, revision);
        changed(pullRequest, 'synchronize');
      }
    },
    async tryMerges(into) {
      for (const pullRequest of all)
        if (pullRequest.state === 'open' && pullRequest.into === into) await tryMerge(pullRequest);
    },
    label(number, labels) {
      const pullRequest = found(number);
      const action = labels.length > pullRequest.labels.length ? 'labeled' : 'unlabeled';
      pullRequest.labels = [...labels];
      changed(pullRequest, action);
    },
    retitle(number, title) {
      found(number).title = title;
      changed(found(number), 'edited');
    },
    rewrite(number, text) {
      const pullRequest = Object.assign(found(number), text);
      changed(pullRequest, 'edited');
      return pullRequest;
    },
    async commitsAhead(branch, into) {
      const range = `refs/heads/${into}..refs/heads/${branch}`;
      return git('rev-list', '--count', range, '--').then(Number, () => null);
    },
    close(number) {
      found(number).state = 'closed';
      changed(found(number), 'closed');
    },
    async merge(number, method) {
      const pullRequest = found(number);
      const before = await tipOf(pullRequest.into);
      const after = await mergedBy(method, pullRequest);
      const ref = `refs/heads/${pullRequest.into}`;
      await git('update-ref', ref, after, before);
      pullRequest.state = 'merged';
      pullRequest.mergeRevision = after;
      await git('update-ref', '-d', `refs/pull/${number}/merge`);
      changed(pullRequest, 'closed');
      await world.onMerged({ before, after, ref });
      return after;
    },
    comment(number, user, body) {
      const at = world.now().toISOString();
      written += 1;
      const comment = { id: 1_000 + written, number, user, body, createdAt: at, updatedAt: at, reactions: [] };
      comments.push(comment);
      world.onEvent({ kind: 'comment', action: 'created', pullRequest: found(number), comment });
      return comment;
    },
    edit(id, body) {
      const comment = comments.find((each) => each.id === id);
      if (comment === undefined) return undefined;
      comment.body = body;
      // Times are in seconds, so an edit within the same second would not be seen.
      comment.updatedAt = new Date(Date.parse(comment.createdAt) + 1_000).toISOString();
      world.onEvent({ kind: 'comment', action: 'edited', pullRequest: found(comment.number), comment });
      return comment;
    },
    remove(id) {
      const index = comments.findIndex((each) => each.id === id);
      if (index !== -1) comments.splice(index, 1);
    },
    async ofCommit(sha) {
      const merged = all.filter((each) => each.mergeRevision === sha);
      if (merged.length > 0) return merged;
      const contained = all.map(async (each) => ((await commitsOf(each)).includes(sha) ? [each] : []));
      return (await Promise.all(contained)).flat();
    },
    async commits(number) {
      const shas = await commitsOf(found(number));
      const shown = shas.map(async (sha): Promise<CommitShown> => {
        const text = await git('show', '-s', '--format=%an%n%ae%n%cn%n%ce%n%B', sha);
        const [name = '', email = '', committer = '', mail = '', ...message] = text.split('\n');
        return {
          sha,
          author: { name, email },
          committer: { name: committer, email: mail },
          message: message.join('\n'),
        };
      });
      return Promise.all(shown);
    },
  };

  async function commitsOf({ head, into, mergeRevision, state }: StoredPullRequest): Promise<readonly string[]> {
    const base = state === 'merged' && mergeRevision !== null ? `${mergeRevision}^` : `refs/heads/${into}`;
    return (await git('rev-list', '--reverse', `${base}..${head}`)).split('\n').filter(Boolean);
  }
}
