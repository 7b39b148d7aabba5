import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readQueueAddress } from '../../src/local/queue-server.ts';
import type { ClusterAddress } from '../cluster/control-plane.ts';
import { startFaultProxy } from '../cluster/fault-proxy.ts';
import type { Fault, FaultProxy } from '../cluster/fault-proxy.ts';
import { SECRET, TOKEN } from '../e2e/house.ts';
import { leaksIn } from '../e2e/leaks.ts';
import { startGitHost } from '../git-host/git-host.ts';
import type { GitHost } from '../git-host/git-host.ts';
import { openApi } from './api.ts';
import type { Api } from './api.ts';
import { startHttpProxy } from './http-proxy.ts';
import type { HttpProxy, Passing } from './http-proxy.ts';
import { openPlumbing } from './plumbing.ts';
import type { Commit, Plumbing } from './plumbing.ts';

/** One request of the child, to whichever server. */
export interface Asked {
  readonly server: 'kubernetes' | 'git' | 'queue';
  readonly method: string;
  readonly path: string;
}

const FULL_NAME = 'acme/fleet';
const SERVED = join(dirname(fileURLToPath(import.meta.url)), 'served.ts');

/**
 * `headgate serve` as a child process, and a proxy in front of each server that it asks. Every target has a branch and a
 * namespace of its name, so that one child serves many trials.
 */
export class Lab {
  readonly api: Api;
  readonly host: GitHost;
  readonly plumbing: Plumbing;
  readonly log: Readonly<Record<string, unknown>>[] = [];
  /** Everything that the children wrote, as they wrote it. */
  output = '';
  fault: (asked: Asked) => Fault = () => 'pass';
  readonly directory: string;
  readonly #proxies: { kubernetes: FaultProxy; git: HttpProxy; queue: HttpProxy };
  #child: ChildProcess | null = null;
  #webhook = '';
  #visibilitySeconds = 1;

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
    { targets, visibilitySeconds }: { targets: readonly string[]; visibilitySeconds: number },
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
      upstream: async () => (await readQueueAddress(dataDirectory)) ?? 'http://127.0.0.1:9',
      isPoll,
      fault: passing('queue'),
    });
    const proxies = { kubernetes, git, queue };
    lab = new Lab({ api: await openApi(cluster), host, plumbing: openPlumbing(repository), directory, proxies });
    lab.#visibilitySeconds = visibilitySeconds;
    await lab.#configure(targets);
    return lab;
  }

  async #configure(targets: readonly string[]): Promise<void> {
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
    if (this.isRunning()) return;
    const files = [join(this.directory, 'headgate.yml'), join(this.directory, 'data')];
    const args = [...files, this.#proxies.queue.url, String(this.#visibilitySeconds)];
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SERVED, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FLEET_TOKEN: TOKEN, FLEET_SECRET: SECRET },
    });
    this.#child = child;
    child.stderr.on('data', (part: Buffer) => (this.output += part.toString()));
    const listening = new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (text) => {
        this.output += `${text}\n`;
        const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
        this.log.push(line);
        if (line['message'] === 'listening') resolve(String(line['url']));
      });
      child.once('exit', () => reject(new Error(`the child has ended: ${this.output.slice(-2000)}`)));
    });
    this.#webhook = `${await listening}/webhooks/fleet`;
    this.host.setWebhook(FULL_NAME, { url: this.#webhook, secret: SECRET });
  }

  isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Holds the process, as a machine that is suspended does; `SIGCONT` lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** At once, without a chance to tidy up. */
  kill(): void {
    this.#child?.kill('SIGKILL');
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
    return leaksIn({ log, statuses: host.statuses, dataDirectory: join(this.directory, 'data'), api, namespaces });
  }

  async close(): Promise<void> {
    this.kill();
    while (this.isRunning()) await pause(10);
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

const ACTION = 'x-amz-target';

function isPoll(headers: IncomingHttpHeaders): boolean {
  return String(headers[ACTION]).endsWith('.ReceiveMessage');
}

function isIdle({ answer }: Passing): boolean {
  return answer !== null && !answer.includes('"Messages":[{');
}

function nameOf({ headers, path, body }: Passing): string {
  const command = /command=(\S+)/.exec(body)?.[1];
  return String(headers[ACTION] ?? (command === undefined ? path : `${path} ${command}`));
}
