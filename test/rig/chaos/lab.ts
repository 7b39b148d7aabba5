import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ClusterAddress } from '../cluster/control-plane.ts';
import { startFaultProxy } from '../cluster/fault-proxy.ts';
import type { Fault, FaultProxy } from '../cluster/fault-proxy.ts';
import { SECRET, TOKEN } from '../house/house.ts';
import { leaksIn } from '../house/leaks.ts';
import { startGitHost } from '../git-host/git-host.ts';
import type { GitHost } from '../git-host/git-host.ts';
import { openApi } from './api.ts';
import type { Api } from './api.ts';
import { SOURCES, ended, isRunning, startChild } from './child.ts';
import type { Line, Listener, Programs } from './child.ts';
import { startHttpProxy } from './http-proxy.ts';
import type { HttpProxy, Passing } from './http-proxy.ts';
import { openPlumbing } from './plumbing.ts';
import type { Commit, Plumbing } from './plumbing.ts';
import { QUEUE_IS_AT } from './queue-over-http.ts';

/** One request of the child, to whichever server. */
export interface Asked {
  readonly server: 'kubernetes' | 'git' | 'queue';
  readonly method: string;
  readonly path: string;
}

const FULL_NAME = 'acme/fleet';

/**
 * `headgate serve` as a child process, and a proxy in front of each server that it asks. Every target has a branch and a
 * namespace of its name, so that one child serves many trials.
 */
export class Lab {
  readonly api: Api;
  readonly host: GitHost;
  readonly plumbing: Plumbing;
  readonly log: Line[] = [];
  /** Everything that the children wrote, as they wrote it. */
  output = '';
  /** Where the child's queue is, behind the proxy. */
  queueUrl = '';
  fault: (asked: Asked) => Fault = () => 'pass';
  readonly directory: string;
  readonly #proxies: { kubernetes: FaultProxy; git: HttpProxy; queue: HttpProxy };
  #serve: ChildProcess | null = null;
  #uninstall: ChildProcess | null = null;
  #visibilitySeconds = 1;
  #programs = SOURCES;

  private constructor(parts: {
    api: Api;
    host: GitHost;
    plumbing: Plumbing;
    directory: string;
    proxies: Lab['proxies'];
  }) {
    this.api = parts.api;
    this.host = parts.host;
    this.plumbing = parts.plumbing;
    this.directory = parts.directory;
    this.#proxies = parts.proxies;
  }

  get proxies() {
    return this.#proxies;
  }

  /** `visibilitySeconds`: after so long a message of a killed child is handed out again. */
  static async build(
    cluster: ClusterAddress,
    {
      targets,
      visibilitySeconds,
      programs = SOURCES,
    }: { targets: readonly string[]; visibilitySeconds: number; programs?: Programs },
  ): Promise<Lab> {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-chaos-'));
    const host = await startGitHost({ directory: join(directory, 'git'), token: TOKEN });
    const repository = await host.createRepository(FULL_NAME);
    const dataDirectory = join(directory, 'data');
    await mkdir(dataDirectory);
    let lab: Lab | null = null;
    const ask = (asked: Asked): Fault => lab?.fault(asked) ?? 'pass';
    const kubernetes = await startFaultProxy(cluster);
    kubernetes.fault = ({ method, path }) => ask({ server: 'kubernetes', method, path });
    const passing = (server: 'git' | 'queue') => (at: Passing) =>
      isIdle(at) ? 'pass' : ask({ server, method: at.method, path: nameOf(at) });
    const git = await startHttpProxy({
      upstream: () => Promise.resolve(host.url),
      isPoll: () => false,
      fault: passing('git'),
    });
    const queue = await startHttpProxy({
      upstream: async () => lab?.queueUrl ?? '',
      isPoll,
      fault: passing('queue'),
    });
    const proxies = { kubernetes, git, queue };
    lab = new Lab({ api: await openApi(cluster), host, plumbing: openPlumbing(repository), directory, proxies });
    lab.#visibilitySeconds = visibilitySeconds;
    lab.#programs = programs;
    await lab.use(targets);
    return lab;
  }

  /** The child knows these targets, and no others, from its next start on. */
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
      targets: targets.map((name) => ({
        name,
        repository: 'fleet',
        branch: name,
        path: 'apps',
        cluster: 'lab',
        namespace: name,
        createNamespace: true,
        prune: { empty: true },
      })),
    };
    await writeFile(join(this.directory, 'headgate.yml'), JSON.stringify(config));
  }

  /** Starts the child, unless it runs. */
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
      child.once('exit', () => reject(new Error(`the child has ended: ${this.output.slice(-2000)}`)));
      this.#serve = child;
    });
    this.host.setWebhook(FULL_NAME, { url: `${url}/webhooks/fleet`, secret: SECRET });
  }

  /** Runs `headgate uninstall` beside it; its exit code, or null when it was killed. */
  async uninstall(target: string): Promise<number | null> {
    const [config] = this.#files;
    this.#uninstall = startChild(this.#programs.uninstall, [config, target], this.#listener);
    const code = await ended(this.#uninstall);
    this.#uninstall = null;
    return code;
  }

  get #files(): readonly [config: string, data: string] {
    return [join(this.directory, 'headgate.yml'), join(this.directory, 'data')];
  }

  get #listener(): Listener {
    return { onLine: (line) => this.log.push(line), onText: (text) => (this.output += text) };
  }

  /** Holds the process, as a machine that is suspended does; `SIGCONT` lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#serve?.kill(signal);
  }

  /** What is at work ends at once, without a chance to tidy up. */
  kill(): void {
    (this.#uninstall ?? this.#serve)?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    for (const child of [this.#uninstall, this.#serve]) {
      child?.kill('SIGKILL');
      if (child !== null) await ended(child);
    }
  }

  /** Has everything that was queued been dealt with? Of a child that does not run nobody knows. */
  isIdle(): boolean {
    if (!isRunning(this.#serve)) return false;
    const db = new DatabaseSync(join(this.#files[1], 'queue.db'), { readOnly: true, timeout: 5_000 });
    try {
      return db.prepare('SELECT count(*) AS count FROM messages').get()?.['count'] === 0;
    } finally {
      db.close();
    }
  }

  /** Posts the signed delivery of a commit; was it queued? */
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

  /** Every place where one of the planted secrets came to light. */
  leaks(namespaces: readonly string[]): Promise<readonly string[]> {
    const { output: log, api, host } = this;
    return leaksIn({ log, statuses: host.statuses, dataDirectory: this.#files[1], api, namespaces });
  }

  /** The log so far has been looked at. */
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

/** A name that is a branch, a target and a namespace. */
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
