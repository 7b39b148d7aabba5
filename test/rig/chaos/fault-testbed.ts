import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterAddress } from '../cluster/control-plane.ts';
import { startFaultProxy } from '../cluster/fault-proxy.ts';
import type { Fault, FaultProxy } from '../cluster/fault-proxy.ts';
import { SECRET, TOKEN } from '../testbed/testbed.ts';
import { leaksIn } from '../testbed/leaks.ts';
import { isQueueEmpty } from '../testbed/queues.ts';
import { startGitHost } from '../git-host/git-host.ts';
import type { GitHost } from '../git-host/git-host.ts';
import { openApi } from '../cluster/api.ts';
import type { Api } from '../cluster/api.ts';
import { SOURCES, exitCodeOf, isRunning, startChild } from './child.ts';
import type { Line, Listener, Programs } from './child.ts';
import { startHttpProxy } from './http-proxy.ts';
import type { HttpProxy, Passing } from './http-proxy.ts';
import { openGitWriter } from './git-writer.ts';
import type { Commit, GitWriter } from './git-writer.ts';
import { pairOf } from './scenario.ts';
import { QUEUE_IS_AT } from './queue-over-http.ts';

/** One request of the child to one of the servers. */
export interface ProxiedRequest {
  readonly server: 'kubernetes' | 'git' | 'queue';
  readonly method: string;
  readonly path: string;
}

const FULL_NAME = 'acme/fleet';

/**
 * `headgate serve` as a child process, with a proxy that can inject faults in front of each server that it uses. Every
 * target has a branch and a namespace of the same name, so that one child serves many scenarios.
 */
export class FaultTestbed {
  readonly api: Api;
  readonly host: GitHost;
  readonly git: GitWriter;
  readonly log: Line[] = [];
  /** The complete output of the children. */
  output = '';
  /** The child's queue, behind the proxy. */
  queueUrl = '';
  fault: (request: ProxiedRequest) => Fault = () => 'pass';
  readonly directory: string;
  readonly #proxies: { kubernetes: FaultProxy; git: HttpProxy; queue: HttpProxy };
  #serve: ChildProcess | null = null;
  #command: ChildProcess | null = null;
  #visibilitySeconds = 1;
  #programs = SOURCES;

  private constructor(parts: {
    api: Api;
    host: GitHost;
    git: GitWriter;
    directory: string;
    proxies: FaultTestbed['proxies'];
  }) {
    this.api = parts.api;
    this.host = parts.host;
    this.git = parts.git;
    this.directory = parts.directory;
    this.#proxies = parts.proxies;
  }

  get proxies() {
    return this.#proxies;
  }

  /** `visibilitySeconds`: how long a message that a killed child had received stays hidden. */
  static async build(
    cluster: ClusterAddress,
    {
      targets,
      visibilitySeconds,
      programs = SOURCES,
    }: { targets: readonly string[]; visibilitySeconds: number; programs?: Programs },
  ): Promise<FaultTestbed> {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-chaos-'));
    const host = await startGitHost({ directory: join(directory, 'git'), token: TOKEN });
    const repository = await host.createRepository(FULL_NAME);
    const dataDirectory = join(directory, 'data');
    await mkdir(dataDirectory);
    let testbed: FaultTestbed | null = null;
    const faultOf = (request: ProxiedRequest): Fault => testbed?.fault(request) ?? 'pass';
    const kubernetes = await startFaultProxy(cluster);
    kubernetes.fault = ({ method, path }) => faultOf({ server: 'kubernetes', method, path });
    const passing = (server: 'git' | 'queue') => (at: Passing) =>
      isIdle(at) ? 'pass' : faultOf({ server, method: at.method, path: nameOf(at) });
    const gitProxy = await startHttpProxy({
      upstream: () => Promise.resolve(host.url),
      isPoll: () => false,
      fault: passing('git'),
    });
    const queue = await startHttpProxy({
      upstream: async () => testbed?.queueUrl ?? '',
      isPoll,
      fault: passing('queue'),
    });
    const proxies = { kubernetes, git: gitProxy, queue };
    testbed = new FaultTestbed({
      api: await openApi(cluster),
      host,
      git: openGitWriter(repository),
      directory,
      proxies,
    });
    testbed.#visibilitySeconds = visibilitySeconds;
    testbed.#programs = programs;
    await testbed.use(targets);
    return testbed;
  }

  /** The child has exactly these targets after its next start. */
  async use(targets: readonly string[]): Promise<void> {
    await this.stop();
    const { kubernetes, git } = this.#proxies;
    await writeFile(join(this.directory, 'kubeconfig'), kubernetes.kubeconfig);
    const config = {
      clusters: { lab: { kubeconfig: { path: './kubeconfig' } } },
      repositories: {
        fleet: {
          host: 'github',
          url: `${git.url}/${FULL_NAME}.git`,
          api: `${git.url}/api`,
          webhookSecret: 'env:FLEET_SECRET',
          credentials: 'env:FLEET_TOKEN',
        },
      },
      targets: targets.flatMap((namespace) => {
        const common = {
          repository: 'fleet',
          cluster: 'lab',
          namespace,
          createNamespace: true,
          prune: { empty: true },
        };
        const { first, second, branch } = pairOf(namespace);
        return [
          { ...common, name: namespace, branch: namespace, path: 'apps' },
          { ...common, name: first, branch, path: 'apps' },
          { ...common, name: second, branch, path: 'sites' },
        ];
      }),
    };
    await writeFile(join(this.directory, 'headgate.yml'), JSON.stringify(config));
  }

  /** Starts the child unless it is running. */
  async start(): Promise<void> {
    if (isRunning(this.#serve)) return;
    const args = [...this.#files, this.#proxies.queue.url, String(this.#visibilitySeconds)];
    const url = await new Promise<string>((resolve, reject) => {
      const onLine = (line: Line) => {
        this.log.push(line);
        if (line['message'] === QUEUE_IS_AT) this.queueUrl = String(line['url']);
        if (line['message'] === 'listening') resolve(String(line['url']));
      };
      const child = startChild(this.#programs.serve, args, { ...this.#listener, onLine });
      child.once('exit', () => reject(new Error(`the child exited: ${this.output.slice(-2000)}`)));
      this.#serve = child;
    });
    this.host.setWebhook(FULL_NAME, { url: `${url}/webhooks/fleet`, secret: SECRET });
  }

  /** Runs `headgate uninstall` next to the child. Returns its exit code, or null when it was killed. */
  async uninstall(target: string): Promise<number | null> {
    return this.#run(this.#programs.uninstall, [target]);
  }

  /** Runs `headgate hold` or `headgate release` next to the child, as `uninstall`. */
  async steer(args: readonly string[]): Promise<number | null> {
    return this.#run(this.#programs.steer, args);
  }

  async #run(program: string, args: readonly string[]): Promise<number | null> {
    const [config] = this.#files;
    this.#command = startChild(program, [config, ...args], this.#listener);
    const code = await exitCodeOf(this.#command);
    this.#command = null;
    return code;
  }

  get #files(): readonly [config: string, data: string] {
    return [join(this.directory, 'headgate.yml'), join(this.directory, 'data')];
  }

  get #listener(): Listener {
    return { onLine: (line) => this.log.push(line), onText: (text) => (this.output += text) };
  }

  /** Suspends the process, as a suspended machine does; `SIGCONT` resumes it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#serve?.kill(signal);
  }

  /** Kills the working process, which gets no chance to clean up. */
  kill(): void {
    (this.#command ?? this.#serve)?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    for (const child of [this.#command, this.#serve]) {
      child?.kill('SIGKILL');
      if (child !== null) await exitCodeOf(child);
    }
  }

  /** Is the queue empty? Unknown, so false, while the child is not running. */
  isIdle(): boolean {
    return isRunning(this.#serve) && isQueueEmpty(this.#files[1]);
  }

  /** Posts the signed delivery of a commit. Returns whether it was queued. */
  async deliver(branch: string, { revision, tree }: Commit): Promise<boolean> {
    const payload = {
      ref: `refs/heads/${branch}`,
      before: '0'.repeat(40),
      after: revision,
      created: true,
      deleted: false,
      forced: false,
      repository: { id: 1, full_name: FULL_NAME },
      head_commit: { id: revision, tree_id: tree },
      commits: [],
    };
    const { status } = await this.host.deliver(FULL_NAME, JSON.stringify(payload));
    return status === 202;
  }

  /** Every place where a planted secret leaked. */
  leaks(namespaces: readonly string[]): Promise<readonly string[]> {
    const { output: log, api, host } = this;
    return leaksIn({ log, statuses: host.statuses, dataDirectory: this.#files[1], api, namespaces });
  }

  /** Drops the log so far. */
  forget(): void {
    this.log.length = 0;
    this.output = '';
  }

  async close(): Promise<void> {
    await this.stop();
    const { kubernetes, git, queue } = this.#proxies;
    await Promise.all([kubernetes.close(), git.close(), queue.close(), this.host.close()]);
    this.api.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Names for a branch, a target and a namespace each. */
export function targetNames(count: number): readonly string[] {
  const id = randomUUID().slice(0, 6);
  return Array.from({ length: count }, (_, n) => `t-${id}-${n}`);
}

function isPoll(path: string): boolean {
  return path.endsWith('/receive');
}

function isIdle({ answer }: Passing): boolean {
  return answer === '[]';
}

function nameOf({ path, body }: Passing): string {
  const command = /command=(\S+)/.exec(body)?.[1];
  return command === undefined ? path : `${path} ${command}`;
}
