import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject, vi } from 'vitest';
import { serve } from '../../src/app/local/serve.ts';
import type { Service } from '../../src/app/local/serve.ts';
import { readConfig } from '../../src/config/checked/read-config.ts';
import { headgate } from '../cli/headgate.ts';
import { kubectl } from '../rig/cluster/control-plane.ts';
import { startGitea } from '../rig/gitea/gitea.ts';
import type { Gitea } from '../rig/gitea/gitea.ts';
import { getGitea } from '../rig/gitea/program.ts';
import { mustRun } from '../rig/programs/command.ts';
import { KEY } from '../rig/testbed/testbed.ts';
import type { LogLine } from '../rig/testbed/testbed.ts';

/** The first start may build Gitea. */
export const GITEA_BUILD_MS = 1_200_000;

const SECRET = 'planted-webhook-secret-0123456789';

interface GiteaOptions {
  /** More keys of the repository, as headgate.yml has them. */
  readonly repository?: Readonly<Record<string, unknown>>;
  /** More keys of each target; default: one target. */
  readonly targets?: readonly object[] | undefined;
  /** More keys of headgate.yml. `NAMESPACE` in a text is the namespace of the test. */
  readonly file?: Readonly<Record<string, unknown>>;
  readonly sweepIntervalMs?: number;
}

/** A real Gitea with the repository robot/fleet, a namespace of the cluster, and Headgate between them. */
export class GiteaTestbed {
  readonly namespace = `t-${randomUUID().slice(0, 8)}`;
  readonly log: LogLine[] = [];
  readonly gitea: Gitea;
  readonly #directory: string;
  #config = '';
  #service: Service | null = null;

  private constructor(directory: string, gitea: Gitea) {
    this.#directory = directory;
    this.gitea = gitea;
  }

  /** Without Headgate: `serve` starts it. */
  static async start(): Promise<GiteaTestbed> {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-gitea-'));
    const gitea = await startGitea(await getGitea(), join(directory, 'gitea'));
    const testbed = new GiteaTestbed(directory, gitea);
    await gitea.api('POST', '/user/repos', { name: 'fleet', default_branch: 'main', private: true });
    await kubectl(inject('cluster'), ['create', 'namespace', testbed.namespace]);
    await testbed.git('init', '-q', '-b', 'main');
    await testbed.git('remote', 'add', 'origin', gitea.pushUrl('robot/fleet'));
    return testbed;
  }

  /** Starts `headgate serve` with targets that deploy `apps` of main to the namespace. Returns its address. */
  async serve({ repository, targets = [{}], file, sweepIntervalMs = 3_600_000 }: GiteaOptions): Promise<string> {
    const { namespace } = this;
    const target = { name: namespace, repository: 'fleet', branch: 'main', path: 'apps', cluster: 'lab', namespace };
    const fleet = {
      host: 'gitea',
      url: `${this.gitea.url}/${this.gitea.user}/fleet.git`,
      webhookSecret: 'env:FLEET_SECRET',
      credentials: 'env:FLEET_TOKEN',
      ...repository,
    };
    const clusters = { lab: { kubeconfig: { path: inject('cluster').kubeconfig } } };
    const all = targets.map((each) => ({ ...target, ...each }));
    const text = JSON.stringify({ clusters, repositories: { fleet }, targets: all, ...file });
    this.#config = text.replaceAll('NAMESPACE', namespace);
    const read = readConfig({ text: this.#config, path: join(this.#directory, 'headgate.yml') });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems, null, 2));
    this.#service = await serve({
      config: read.config,
      env: this.#env,
      log: (line) => void this.log.push(line),
      dataDirectory: join(this.#directory, 'data'),
      host: '127.0.0.1',
      port: 0,
      sweepIntervalMs,
      driftIntervalMs: 3_600_000,
    });
    return this.#service.url;
  }

  get #env(): Readonly<Record<string, string>> {
    return { FLEET_TOKEN: this.gitea.token, FLEET_SECRET: SECRET, HEADGATE_KEY: KEY };
  }

  /** Runs a command with the headgate.yml and the secrets of `serve`. */
  headgate(...args: readonly string[]) {
    return headgate(args, { files: { 'headgate.yml': this.#config }, env: this.#env, timeoutMs: 50_000 });
  }

  async git(...args: readonly string[]): Promise<string> {
    const work = join(this.#directory, 'work');
    await mkdir(work, { recursive: true });
    const identity = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com'];
    return (await mustRun('git', [...identity, '-C', work, ...args])).trim();
  }

  /** Commits on what is checked out, and pushes it as the branch. Null: the file is deleted. */
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

  /** Waits for a line of the log. Gitea sends a delivery some seconds after the push. */
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

  async stop(): Promise<void> {
    await this.#service?.stop();
    this.#service = null;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.gitea.close();
    await kubectl(inject('cluster'), ['delete', 'namespace', this.namespace, '--wait=false']);
    await rm(this.#directory, { recursive: true });
  }
}
