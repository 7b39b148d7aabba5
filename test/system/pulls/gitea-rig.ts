import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject, vi } from 'vitest';
import * as z from 'zod/mini';
import { serve } from '../../../src/app/local/serve.ts';
import type { Service } from '../../../src/app/local/serve.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { headgate } from '../../cli/headgate.ts';
import { kubectl } from '../../rig/cluster/control-plane.ts';
import { startGitea } from '../../rig/gitea/gitea.ts';
import type { Gitea } from '../../rig/gitea/gitea.ts';
import { getGitea } from '../../rig/gitea/program.ts';
import { mustRun } from '../../rig/programs/command.ts';
import { KEY } from '../../rig/testbed/testbed.ts';
import type { LogLine } from '../../rig/testbed/testbed.ts';

const SECRET = 'planted-webhook-secret-0123456789';
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

/** A real Gitea, a namespace of the cluster, and Headgate between them. */
export class GiteaRig {
  readonly namespace = `t-${randomUUID().slice(0, 8)}`;
  readonly log: LogLine[] = [];
  readonly #directory: string;
  readonly #gitea: Gitea;
  readonly #options: GiteaRigOptions;
  #service: Service | null = null;

  private constructor(directory: string, gitea: Gitea, options: GiteaRigOptions) {
    this.#directory = directory;
    this.#gitea = gitea;
    this.#options = options;
  }

  /** The first start may build Gitea. */
  static async start(options: GiteaRigOptions = {}): Promise<GiteaRig> {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-gitea-'));
    const gitea = await startGitea(await getGitea(), join(directory, 'gitea'));
    const rig = new GiteaRig(directory, gitea, options);
    await gitea.api('POST', '/user/repos', { name: 'fleet', default_branch: 'main', private: true });
    await kubectl(inject('cluster'), ['create', 'namespace', rig.namespace]);
    await rig.#serve();
    await rig.git('init', '-q', '-b', 'main');
    await rig.git('remote', 'add', 'origin', gitea.pushUrl('robot/fleet'));
    return rig;
  }

  async #serve(): Promise<void> {
    const read = readConfig({ text: this.#config, path: join(this.#directory, 'headgate.yml') });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems, null, 2));
    this.#service = await serve({
      config: read.config,
      env: this.#env,
      log: (line) => void this.log.push(line),
      dataDirectory: join(this.#directory, 'data'),
      host: '127.0.0.1',
      port: 0,
      sweepIntervalMs: 3_600_000,
      driftIntervalMs: 3_600_000,
    });
    await this.headgate('connect', 'fleet', '--url', this.#service.url, '--yes');
  }

  /** Runs the command as a user does. */
  headgate(...args: readonly string[]): ReturnType<typeof headgate> {
    return headgate(args, { files: { 'headgate.yml': this.#config }, env: this.#env, timeoutMs: 50_000 });
  }

  get #env(): Readonly<Record<string, string>> {
    return { FLEET_TOKEN: this.#gitea.token, FLEET_SECRET: SECRET, HEADGATE_KEY: KEY };
  }

  get #config(): string {
    const { namespace } = this;
    const { previews, promotions, targets = [{}] } = this.#options;
    const target = { name: namespace, repository: 'fleet', branch: 'main', path: 'apps', cluster: 'lab', namespace };
    const text = JSON.stringify({
      key: 'env:HEADGATE_KEY',
      clusters: { lab: { kubeconfig: { path: inject('cluster').kubeconfig } } },
      repositories: {
        fleet: {
          host: 'gitea',
          url: `${this.#gitea.url}/${this.#gitea.user}/fleet.git`,
          webhookSecret: 'env:FLEET_SECRET',
          credentials: 'env:FLEET_TOKEN',
          pullRequests: { plan: true },
          ...(promotions === undefined ? {} : { write: 'env:FLEET_TOKEN' }),
        },
      },
      targets: targets.map((each) => ({ ...target, ...each })),
      ...(promotions === undefined ? {} : { promotions }),
      ...(previews === undefined ? {} : { previews }),
    });
    return text.replaceAll('NAMESPACE', namespace);
  }

  async git(...args: readonly string[]): Promise<string> {
    const work = join(this.#directory, 'work');
    await mkdir(work, { recursive: true });
    const identity = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com'];
    return (await mustRun('git', [...identity, '-C', work, ...args])).trim();
  }

  /** Commits on what is checked out, and pushes it as the branch. */
  async push(branch: string, files: Readonly<Record<string, string | null>>): Promise<string> {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.#directory, 'work', path);
      await mkdir(dirname(file), { recursive: true });
      if (content === null) await rm(file);
      else await writeFile(file, content);
    }
    await this.git('add', '-A');
    await this.git('commit', '-q', '--allow-empty', '-m', `change ${branch}`);
    await this.git('push', '-q', 'origin', `HEAD:${branch}`);
    return this.git('rev-parse', 'HEAD');
  }

  async logged(isMeant: (line: LogLine) => boolean): Promise<LogLine> {
    return vi.waitFor(
      () => {
        const line = this.log.find((each) => isMeant(each));
        if (line === undefined) throw new Error(`not logged: ${JSON.stringify(this.log.slice(-8), null, 1)}`);
        return line;
      },
      { timeout: 60_000, interval: 20 },
    );
  }

  async open(branch: string): Promise<number> {
    // Gitea learns of a pushed branch in the background too.
    const open = () => this.#gitea.api('POST', `${REPOSITORY}/pulls`, { head: branch, base: 'main', title: branch });
    return z.parse(Numbered, await vi.waitFor(open, { timeout: 30_000, interval: 200 })).number;
  }

  async merge(number: number, method: string): Promise<void> {
    // Gitea finds out in the background whether it can be merged, and refuses until then.
    const merge = () => this.#gitea.api('POST', `${REPOSITORY}/pulls/${number}/merge`, { Do: method });
    await vi.waitFor(merge, { timeout: 30_000, interval: 500 });
  }

  async label(number: number, name: string): Promise<void> {
    const { id } = z.parse(Label, await this.#gitea.api('POST', `${REPOSITORY}/labels`, { name, color: '#00aabb' }));
    await this.#gitea.api('POST', `${REPOSITORY}/issues/${number}/labels`, { labels: [id] });
  }

  async closePullRequest(number: number): Promise<void> {
    await this.#gitea.api('PATCH', `${REPOSITORY}/pulls/${number}`, { state: 'closed' });
  }

  async comments(number: number): Promise<z.infer<typeof Comments>> {
    return z.parse(Comments, await this.#gitea.api('GET', `${REPOSITORY}/issues/${number}/comments`));
  }

  async removeComment(id: number): Promise<void> {
    await this.#gitea.api('DELETE', `${REPOSITORY}/issues/comments/${id}`);
  }

  async pullRequest(number: number): Promise<z.infer<typeof Proposed>> {
    return z.parse(Proposed, await this.#gitea.api('GET', `${REPOSITORY}/pulls/${number}`));
  }

  /** The newest of each context. */
  async statuses(revision: string): Promise<z.infer<typeof Statuses>['statuses']> {
    return z.parse(Statuses, await this.#gitea.api('GET', `${REPOSITORY}/commits/${revision}/status`)).statuses;
  }

  /** From now on, only commands do something. */
  async stop(): Promise<void> {
    await this.#service?.stop();
    this.#service = null;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#gitea.close();
    await kubectl(inject('cluster'), ['delete', 'namespace', this.namespace, '--wait=false']);
    await rm(this.#directory, { recursive: true });
  }
}
