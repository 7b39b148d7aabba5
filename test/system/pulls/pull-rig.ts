import { vi } from 'vitest';
import type { StoredComment, StoredPullRequest, NewPullRequest } from '../../rig/git-host/pull-requests/model.ts';
import { ROBOT } from '../../rig/git-host/pull-requests/model.ts';
import { FULL_NAME } from '../../rig/testbed/testbed.ts';
import type { LogLine, Testbed } from '../../rig/testbed/testbed.ts';

/** Pull requests of a testbed, and what Headgate shows on them. */
export class PullRig {
  readonly testbed: Testbed;

  constructor(testbed: Testbed) {
    this.testbed = testbed;
  }

  get pulls() {
    return this.testbed.host.pullRequestsOf(FULL_NAME);
  }

  /** Commits on a branch that begins at the commit, and returns to the branch before. */
  async branch(name: string, files: Readonly<Record<string, string | null>>, from = 'main'): Promise<string> {
    const { testbed } = this;
    await testbed.git('checkout', '-q', '-B', name, from);
    await testbed.writeAll(files);
    await testbed.git('add', '-A');
    await testbed.git('commit', '-q', '--allow-empty', '-m', `change ${name}`);
    await testbed.git('push', '-q', '--force', 'origin', `HEAD:${name}`);
    const revision = await testbed.git('rev-parse', 'HEAD');
    await testbed.git('checkout', '-q', 'main');
    return revision;
  }

  async open(
    name: string,
    files: Readonly<Record<string, string | null>>,
    request: Partial<NewPullRequest> & { readonly from?: string } = {},
  ): Promise<StoredPullRequest> {
    const { from = 'main', ...rest } = request;
    await this.branch(name, files, from);
    return this.pulls.open({ branch: name, ...rest });
  }

  comments({ number }: Pick<StoredPullRequest, 'number'>): readonly StoredComment[] {
    return this.pulls.comments.filter((each) => each.number === number && each.user.id === ROBOT.id);
  }

  /** Waits for the plan of this head; `tip`: merged into it. */
  async planned({ number, head }: StoredPullRequest, tip?: string): Promise<LogLine> {
    return this.testbed.logged(
      (line) =>
        line.message === 'planned' &&
        line['pullRequest'] === number &&
        line['head'] === head &&
        (tip === undefined || line['tip'] === tip),
      60_000,
    );
  }

  /** The only comment of Headgate, once it was planned. */
  async shown(pullRequest: StoredPullRequest, tip?: string): Promise<string> {
    await this.planned(pullRequest, tip);
    return this.only(pullRequest);
  }

  only(pullRequest: StoredPullRequest): string {
    const [comment, ...others] = this.comments(pullRequest);
    if (comment === undefined || others.length > 0)
      throw new Error(`${others.length + (comment === undefined ? 0 : 1)} comments: ${JSON.stringify(others)}`);
    return comment.body;
  }

  /** The newest status of each context, `context state: description`. */
  statuses({ head }: StoredPullRequest): readonly string[] {
    const found = this.testbed.host.statusesOf(head).filter(({ context }) => context.startsWith('headgate/plan/'));
    const newest = new Map(found.map(({ context, state, description }) => [context, `${state}: ${description}`]));
    return [...newest].map(([context, text]) => `${context.slice('headgate/plan/'.length)} ${text}`).toSorted();
  }

  async answered(comment: StoredComment): Promise<string> {
    return vi.waitFor(
      () => {
        const [reaction] = comment.reactions;
        if (reaction === undefined) throw new Error(`no reaction: ${JSON.stringify(this.testbed.log.slice(-4))}`);
        return reaction.content;
      },
      { timeout: 30_000, interval: 20 },
    );
  }
}
