import { vi } from 'vitest';
import * as z from 'zod/mini';
import { GiteaTestbed } from '../gitea-testbed.ts';

const REPOSITORY = '/repos/robot/fleet';

const Proposed = z.object({ title: z.string(), head: z.object({ sha: z.string() }) });
const Numbered = z.object({ number: z.number() });
const Comments = z.array(z.object({ id: z.number(), body: z.string() }));
const Statuses = z.object({
  statuses: z.array(z.object({ context: z.string(), status: z.string(), description: z.string() })),
});
const Label = z.object({ id: z.number() });

interface GiteaRigOptions {
  /** Entries of `previews`, as headgate.yml has them. */
  readonly previews?: readonly object[];
  /** More keys of each target; default: one target. */
  readonly targets?: readonly object[];
  /** Entries of `promotions`, as headgate.yml has them. */
  readonly promotions?: readonly object[];
}

/** Pull requests of a real Gitea, which Headgate plans. */
export class GiteaRig {
  readonly #testbed: GiteaTestbed;

  private constructor(testbed: GiteaTestbed) {
    this.#testbed = testbed;
  }

  static async start({ targets, ...entries }: GiteaRigOptions = {}): Promise<GiteaRig> {
    const testbed = await GiteaTestbed.start();
    const isWritten = entries.promotions !== undefined;
    const repository = { pullRequests: { plan: true }, ...(isWritten ? { write: 'env:FLEET_TOKEN' } : {}) };
    const url = await testbed.serve({ repository, targets, file: { key: 'env:HEADGATE_KEY', ...entries } });
    await testbed.headgate('connect', 'fleet', '--url', url, '--yes');
    return new GiteaRig(testbed);
  }

  get namespace(): string {
    return this.#testbed.namespace;
  }

  git: GiteaTestbed['git'] = (...args) => this.#testbed.git(...args);
  push: GiteaTestbed['push'] = (branch, files) => this.#testbed.push(branch, files);
  logged: GiteaTestbed['logged'] = (isMeant) => this.#testbed.logged(isMeant);

  /** Runs the command as a user does. */
  headgate: GiteaTestbed['headgate'] = (...args) => this.#testbed.headgate(...args);
  /** From now on, only commands do something. */
  stop: GiteaTestbed['stop'] = () => this.#testbed.stop();

  async open(branch: string): Promise<number> {
    // Gitea learns of a pushed branch in the background too.
    const open = () =>
      this.#testbed.gitea.api('POST', `${REPOSITORY}/pulls`, { head: branch, base: 'main', title: branch });
    return z.parse(Numbered, await vi.waitFor(open, { timeout: 30_000, interval: 200 })).number;
  }

  async merge(number: number, method: string): Promise<void> {
    // Gitea finds out in the background whether it can be merged, and refuses until then.
    const merge = () => this.#testbed.gitea.api('POST', `${REPOSITORY}/pulls/${number}/merge`, { Do: method });
    await vi.waitFor(merge, { timeout: 30_000, interval: 500 });
  }

  async label(number: number, name: string): Promise<void> {
    const { id } = z.parse(
      Label,
      await this.#testbed.gitea.api('POST', `${REPOSITORY}/labels`, { name, color: '#00aabb' }),
    );
    await this.#testbed.gitea.api('POST', `${REPOSITORY}/issues/${number}/labels`, { labels: [id] });
  }

  async closePullRequest(number: number): Promise<void> {
    await this.#testbed.gitea.api('PATCH', `${REPOSITORY}/pulls/${number}`, { state: 'closed' });
  }

  async comments(number: number): Promise<z.infer<typeof Comments>> {
    return z.parse(Comments, await this.#testbed.gitea.api('GET', `${REPOSITORY}/issues/${number}/comments`));
  }

  async removeComment(id: number): Promise<void> {
    await this.#testbed.gitea.api('DELETE', `${REPOSITORY}/issues/comments/${id}`);
  }

  async pullRequest(number: number): Promise<z.infer<typeof Proposed>> {
    return z.parse(Proposed, await this.#testbed.gitea.api('GET', `${REPOSITORY}/pulls/${number}`));
  }

  /** The newest of each context. */
  async statuses(revision: string): Promise<z.infer<typeof Statuses>['statuses']> {
    return z.parse(Statuses, await this.#testbed.gitea.api('GET', `${REPOSITORY}/commits/${revision}/status`)).statuses;
  }

  close(): Promise<void> {
    return this.#testbed.close();
  }
}
