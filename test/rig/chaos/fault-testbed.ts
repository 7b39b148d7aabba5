import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHANNEL_EVENTS } from '../../../src/config/written/channel-events.ts';
import type { ClusterAddress } from '../cluster/control-plane.ts';
import { startFaultProxy } from '../cluster/fault-proxy.ts';
import type { Fault, FaultProxy } from '../cluster/fault-proxy.ts';
import { SECRET, TOKEN } from '../testbed/testbed.ts';
import { leaksIn } from '../testbed/leaks.ts';
import { isQueueEmpty, queueContents } from '../testbed/queues.ts';
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
import { startNoticeReceiver } from './receiver.ts';
import type { NoticeReceiver } from './receiver.ts';
import { pairOf } from './scenario.ts';
import type { WindowIs } from './scenario.ts';
import { QUEUE_IS_AT } from './queue-over-http.ts';

/** One request of the child to one of the servers. */
export interface ProxiedRequest {
  readonly server: 'kubernetes' | 'git' | 'queue' | 'channel';
  readonly method: string;
  readonly path: string;
}

export const FULL_NAME = 'acme/fleet';
/** With windows or promotions, a target is swept: nothing is delivered when one opens, or when a message is lost. */
const SWEEP_MS = 1_000;
/** A sweep of promotions queues messages, and a trial ends when there are none. */
const PROMOTION_SWEEP_MS = 3_000;
const HOUR_MS = 3_600_000;
/** What a promotion waits for. */
export const REQUIRED_STATUS = 'e2e';
/** Years away from today, so that no run is near an edge. */
const WINDOWS: Readonly<Record<WindowIs, object>> = {
  open: { allow: '2020-01-01 00:00 / 2090-01-01 00:00', timezone: 'UTC' },
  closed: { allow: '2090-01-01 00:00 / 2091-01-01 00:00', timezone: 'UTC' },
};

/**
 * `headgate serve` as a child process, with a proxy that can inject faults in front of each server that it uses. Every
 * target has a branch and a namespace of the same name, so that one child serves many scenarios.
 */
export class FaultTestbed {
  readonly api: Api;
  readonly host: GitHost;
  readonly git: GitWriter;
  /** The bare repository. */
  readonly repository: string;
  readonly log: Line[] = [];
  /** The complete output of the children. */
  output = '';
  /** The child's queue, behind the proxy. */
  queueUrl = '';
  fault: (request: ProxiedRequest) => Fault = () => 'pass';
  readonly directory: string;
  readonly receiver: NoticeReceiver;
  readonly #proxies: { kubernetes: FaultProxy; git: HttpProxy; queue: HttpProxy; channel: HttpProxy };
  #serve: ChildProcess | null = null;
  #command: ChildProcess | null = null;
  #visibilitySeconds = 1;
  #sweepMs = HOUR_MS;
  #programs = SOURCES;

  private constructor(parts: {
    api: Api;
    host: GitHost;
    git: GitWriter;
    repository: string;
    directory: string;
    receiver: NoticeReceiver;
    proxies: FaultTestbed['proxies'];
  }) {
    this.api = parts.api;
    this.host = parts.host;
    this.git = parts.git;
    this.repository = parts.repository;
    this.directory = parts.directory;
    this.receiver = parts.receiver;
    this.#proxies = parts.proxies;
  }

  get proxies() {
    return this.#proxies;
  }

  /** The child has the targets of one scenario alone. */
  get isForOne(): boolean {
    return this.#sweepMs !== HOUR_MS;
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
    const passing = (server: 'git' | 'queue' | 'channel') => (at: Passing) =>
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
    const receiver = await startNoticeReceiver();
    const channel = await startHttpProxy({
      upstream: () => Promise.resolve(receiver.url),
      isPoll: () => false,
      fault: passing('channel'),
    });
    const proxies = { kubernetes, git: gitProxy, queue, channel };
    testbed = new FaultTestbed({
      api: await openApi(cluster),
      host,
      git: openGitWriter(repository),
      repository,
      directory,
      receiver,
      proxies,
    });
    testbed.#visibilitySeconds = visibilitySeconds;
    testbed.#programs = programs;
    await testbed.use(targets);
    return testbed;
  }

  /** The child has exactly these targets after its next start. */
  async use(targets: readonly string[]): Promise<void> {
    this.#sweepMs = HOUR_MS;
    await this.#configure({
      targets: targets.flatMap((namespace) => {
        const { first, second, branch } = pairOf(namespace);
        return [
          { ...targetOf(namespace), name: namespace, branch: namespace, path: 'apps' },
          { ...targetOf(namespace), name: first, branch, path: 'apps' },
          { ...targetOf(namespace), name: second, branch, path: 'sites' },
        ];
      }),
    });
  }

  /** The child has only this target after its next start, with such a window and a channel, and sweeps often. */
  async useWindow(target: string, window: WindowIs): Promise<void> {
    this.#sweepMs = SWEEP_MS;
    const own = { ...targetOf(target), name: target, branch: target, path: 'apps' };
    await writeFile(join(this.directory, 'hook-url'), this.#proxies.channel.url);
    await writeFile(join(this.directory, 'hook-secret'), SECRET);
    await this.#configure({
      channels: {
        hook: { kind: 'webhook', url: 'file:./hook-url', token: 'file:./hook-secret', events: CHANNEL_EVENTS },
      },
      targets: [{ ...own, windows: [WINDOWS[window]], notify: ['hook'] }],
    });
  }

  /** The child has only this pair after its next start, promotes from the first to the second, and sweeps often. */
  async usePromotion(namespace: string): Promise<void> {
    this.#sweepMs = PROMOTION_SWEEP_MS;
    const { first, second, branch } = pairOf(namespace);
    const of = (name: string, path: string) => ({ ...targetOf(namespace), name, branch, path });
    await this.#configure({
      targets: [of(first, 'apps'), of(second, 'sites')],
      promotions: [{ name: namespace, stages: [first, second], after: { statuses: [{ context: REQUIRED_STATUS }] } }],
    });
  }

  async #configure(of: {
    readonly targets: readonly object[];
    readonly channels?: object;
    readonly promotions?: readonly object[];
  }): Promise<void> {
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
          ...(of.promotions === undefined ? {} : { write: 'env:FLEET_TOKEN' }),
        },
      },
      ...of,
    };
    await writeFile(join(this.directory, 'headgate.yml'), JSON.stringify(config));
  }

  /** Starts the child unless it is running. */
  async start(): Promise<void> {
    if (isRunning(this.#serve)) return;
    const args = [...this.#files, this.#proxies.queue.url, String(this.#visibilitySeconds), String(this.#sweepMs)];
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

  /** Is every queue `besides` one empty? Unknown, so false, while the child is not running. */
  isIdle(besides = ''): boolean {
    return isRunning(this.#serve) && isQueueEmpty(this.#files[1], besides);
  }

  /** Queues a look at a promotion, as a sweep does, without the proxy. Returns whether it was queued. */
  async lookAt(promotion: string, stage: string): Promise<boolean> {
    const body = JSON.stringify([[{ group: `promote/${promotion}/${stage}`, afterMs: 0 }]]);
    try {
      return (await fetch(`${this.queueUrl}/writes/send`, { method: 'POST', body })).ok;
    } catch {
      // It was killed.
      return false;
    }
  }

  /** What the queues have, for an error. */
  get queued(): string {
    return queueContents(this.#files[1]);
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
    this.receiver.received.length = 0;
    this.log.length = 0;
    this.output = '';
  }

  async close(): Promise<void> {
    await this.stop();
    const { kubernetes, git, queue, channel } = this.#proxies;
    await Promise.all([kubernetes.close(), git.close(), queue.close(), channel.close()]);
    await Promise.all([this.host.close(), this.receiver.close()]);
    this.api.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function targetOf(namespace: string) {
  return { repository: 'fleet', cluster: 'lab', namespace, createNamespace: true, prune: { empty: true } };
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
