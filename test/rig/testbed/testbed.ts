import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { appendFileSync, createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject, vi } from 'vitest';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { localRuntime } from '../../../src/app/local/local-runtime.ts';
import type { LocalRuntime } from '../../../src/app/local/local-runtime.ts';
import { SERVE_LIMITS, serve } from '../../../src/app/local/serve.ts';
import type { Service } from '../../../src/app/local/serve.ts';
import { openLocalQueues } from '../../../src/platforms/local/queues.ts';
import { parseJson } from '../../../src/resource/json.ts';
import { isObject } from '../../../src/resource/resource.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { mustRun, run } from '../programs/command.ts';
import type { CommandResult } from '../programs/command.ts';
import { COMPILE_CACHE, MAIN } from '../programs/headgate.ts';
import { kubectl } from '../cluster/control-plane.ts';
import type { ClusterAddress } from '../cluster/control-plane.ts';
import { collectionOf, openApi } from '../cluster/api.ts';
import type { Api } from '../cluster/api.ts';
import { startGitHost } from '../git-host/git-host.ts';
import type { GitHost } from '../git-host/git-host.ts';
import { leaksIn } from './leaks.ts';
import type { Log } from '../../../src/deploy/ports/log.ts';

export const TOKEN = 'planted-token-0123456789';
export const SECRET = 'planted-webhook-secret-0123456789';
export const FULL_NAME = 'acme/fleet';
export const KEY = 'planted-signing-key-0123456789abcdef';
const WRITE_TOKEN = 'planted-write-token-0123456789';

export type LogLine = Readonly<Record<string, unknown>> & { readonly message: string };

export interface TestbedOptions {
  /** More fields of the target, as headgate.yml has them. */
  readonly target?: Readonly<Record<string, unknown>>;
  readonly targets?: readonly Readonly<Record<string, unknown>>[];
  /** More clusters and repositories, as headgate.yml has them. */
  readonly more?: { readonly clusters: object; readonly repositories: object };
  /** Of the repository, as headgate.yml has it. */
  readonly pullRequests?: Readonly<Record<string, unknown>>;
  /** Entries of `previews`, as headgate.yml has them. */
  readonly previews?: readonly object[];
  /** What the repository records of deploys, as headgate.yml has it. */
  readonly record?: 'none' | 'refs';
  /** Default: true if pull requests or previews are configured. */
  readonly hasKey?: boolean | undefined;
  /** Entries of `images`, as headgate.yml has them. */
  readonly images?: readonly object[];
  /** Entries of `promotions`, as headgate.yml has them. */
  readonly promotions?: readonly object[];
  readonly channels?: Readonly<Record<string, object>>;
  readonly sweepIntervalMs?: number;
  readonly driftIntervalMs?: number;
  readonly namespaceExists?: boolean;
  /** Of the repository; default `sha1`. */
  readonly objectFormat?: 'sha1' | 'sha256';
  /** Instead of the cluster's own kubeconfig, for example one that leads through a proxy. */
  readonly kubeconfig?: string;
  readonly cluster?: ClusterAddress;
  /** How long messages to channels are kept to be grouped. Default: as in production. */
  readonly groupingMs?: number;
  /** The host of the repository. Default: GitHub. */
  readonly speaks?: 'github' | 'gitlab';
  /** Instead of a token with every permission; the repository is private then. */
  readonly app?: { readonly app: string; readonly installation: string; readonly privateKey: string };
}

/** For what takes a second on a quiet machine: only a test that fails waits so long. */
const DEADLINE_MS = 90_000;

/** A Git host, a namespace of the real cluster, and Headgate between them. */
export class Testbed {
  readonly namespace: string;
  readonly directory: string;
  readonly host: GitHost;
  readonly log: LogLine[] = [];
  readonly env: NodeJS.ProcessEnv = {
    FLEET_TOKEN: TOKEN,
    FLEET_SECRET: SECRET,
    FLEET_WRITE_TOKEN: WRITE_TOKEN,
    HEADGATE_KEY: KEY,
  };
  /** Called after each push, before its outcome is read. */
  afterPush: () => void = () => undefined;
  #service: Service | null = null;
  readonly #api: Api;
  readonly #options: TestbedOptions;

  private constructor(
    { namespace, directory, host, api }: { namespace: string; directory: string; host: GitHost; api: Api },
    options: TestbedOptions,
  ) {
    this.namespace = namespace;
    this.directory = directory;
    this.host = host;
    this.#api = api;
    this.#options = options;
  }

  static async build(options: TestbedOptions = {}): Promise<Testbed> {
    const namespace = `t-${randomUUID().slice(0, 8)}`;
    const directory = await mkdtemp(join(tmpdir(), 'headgate-testbed-'));
    const isPrivate = options.app !== undefined;
    const { objectFormat = 'sha1', speaks = 'github' } = options;
    const tokens = { token: TOKEN, writeToken: WRITE_TOKEN };
    const host = await startGitHost({ directory: join(directory, 'git'), ...tokens, isPrivate, objectFormat, speaks });
    await host.createRepository(FULL_NAME);
    const api = await openApi(options.cluster ?? inject('cluster'));
    const testbed = new Testbed({ namespace, directory, host, api }, options);
    if (options.namespaceExists !== false) await api.create('/api/v1/namespaces', { metadata: { name: namespace } });
    const origin = new URL(host.cloneUrl(FULL_NAME));
    if (isPrivate) Object.assign(origin, { username: 'dev', password: TOKEN });
    // Without a template: its samples of hooks are more files than all else.
    execFileSync('git', ['init', '-q', '--template=', '-b', 'main', `--object-format=${objectFormat}`, testbed.work]);
    appendFileSync(join(testbed.work, '.git', 'config'), workConfig(origin.href));
    return testbed;
  }

  get cluster(): ClusterAddress {
    return this.#options.cluster ?? inject('cluster');
  }

  get kubeconfig(): string {
    return this.#options.kubeconfig ?? this.cluster.kubeconfig;
  }

  get work(): string {
    return join(this.directory, 'work');
  }

  async git(...args: readonly string[]): Promise<string> {
    return (
      await mustRun('git', ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com', '-C', this.work, ...args])
    ).trim();
  }

  /** The content of headgate.yml. */
  get config(): string {
    const target = {
      name: this.namespace,
      repository: 'fleet',
      branch: 'main',
      path: 'apps',
      cluster: 'lab',
      namespace: this.namespace,
    };
    const targets = this.#options.targets ?? [this.#options.target ?? {}];
    const { more = { clusters: {}, repositories: {} }, pullRequests, previews, record } = this.#options;
    const hasKey = this.#options.hasKey ?? (pullRequests !== undefined || previews !== undefined);
    const text = JSON.stringify({
      ...(hasKey ? { key: 'env:HEADGATE_KEY' } : {}),
      clusters: { ...more.clusters, lab: { kubeconfig: { path: this.kubeconfig } } },
      repositories: {
        ...more.repositories,
        fleet: {
          host: this.#options.speaks ?? 'github',
          url: this.host.cloneUrl(FULL_NAME),
          api: `${this.host.url}/api${this.#options.speaks === 'gitlab' ? '/v4' : ''}`,
          webhookSecret: 'env:FLEET_SECRET',
          credentials: this.#options.app ?? 'env:FLEET_TOKEN',
          ...(pullRequests === undefined ? {} : { pullRequests }),
          ...(this.#isWritten ? { write: 'env:FLEET_WRITE_TOKEN' } : {}),
          ...(record === undefined ? {} : { record }),
        },
      },
      targets: targets.map((change) => ({ ...target, ...change })),
      ...(previews === undefined ? {} : { previews }),
      ...(this.#options.images === undefined ? {} : { images: this.#options.images }),
      ...(this.#options.promotions === undefined ? {} : { promotions: this.#options.promotions }),
      ...(this.#options.channels === undefined ? {} : { channels: this.#options.channels }),
    });
    return text.replaceAll('NAMESPACE', this.namespace);
  }

  get #isWritten(): boolean {
    const { images, promotions, record } = this.#options;
    return images !== undefined || promotions !== undefined || record !== undefined;
  }

  async start(): Promise<void> {
    const read = readConfig({ text: this.config, path: join(this.directory, 'headgate.yml') });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems, null, 2));
    const { groupingMs } = this.#options;
    const openQueues: typeof openLocalQueues = (options) =>
      openLocalQueues({ ...options, ...(groupingMs === undefined ? {} : { groupingMs }) });
    this.#service = await serve({
      config: read.config,
      env: this.env,
      log: this.#write,
      dataDirectory: join(this.directory, 'data'),
      host: '127.0.0.1',
      port: 0,
      sweepIntervalMs: this.#options.sweepIntervalMs ?? 3_600_000,
      driftIntervalMs: this.#options.driftIntervalMs ?? 3_600_000,
      metricsPort: 0,
      limits: { ...SERVE_LIMITS, openQueues },
    });
    const events = ['push', 'pull_request', 'issue_comment'];
    this.host.setWebhook(FULL_NAME, { url: `${this.#service.url}/webhooks/fleet`, secret: SECRET, events });
  }

  /** Where `serve` listens. */
  get address(): string {
    if (this.#service === null) throw new Error('serve has not started');
    return this.#service.url;
  }

  /** What Prometheus scrapes, by name and labels. */
  async metrics(): Promise<Readonly<Record<string, number>>> {
    const text = await (await fetch(this.#service?.metricsUrl ?? '')).text();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]));
  }

  readonly #write: Log = (line) => {
    this.log.push(line);
  };

  /** The runtime of one command, in this process. */
  runtime(): LocalRuntime {
    const read = readConfig({ text: this.config, path: join(this.directory, 'headgate.yml') });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems, null, 2));
    const holder = `cli-${randomUUID()}`;
    return localRuntime({ config: read.config, env: this.env, log: this.#write, holder, progress: () => undefined });
  }

  /** Runs the command as a user does, with the configuration of this testbed. */
  async headgate(...args: readonly string[]): Promise<CommandResult> {
    const config = join(this.directory, 'headgate.yml');
    await writeFile(config, this.config);
    const command = [
      '--disable-warning=ExperimentalWarning',
      MAIN,
      '--config',
      config,
      '--data-dir',
      join(this.directory, 'data'),
      ...args,
    ];
    return run(process.execPath, command, {
      env: { ...process.env, ...COMPILE_CACHE, ...this.env },
      timeoutMs: DEADLINE_MS,
    });
  }

  async stop(): Promise<void> {
    await this.#service?.stop();
    this.#service = null;
  }

  async write(files: Readonly<Record<string, string | null>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.work, path);
      if (content === null) await rm(file, { recursive: true });
      else {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, content);
      }
    }
  }

  /** Edits, commits and pushes. Returns the commit. */
  async push(files: Readonly<Record<string, string | null>>, ...args: readonly string[]): Promise<string> {
    await this.write(files);
    return this.commitAndPush(...args);
  }

  /** As `write`, but a file to remove may be missing. */
  async writeAll(files: Readonly<Record<string, string | null>>): Promise<void> {
    const here = Object.entries(files).filter(
      ([path, content]) => content !== null || existsSync(join(this.work, path)),
    );
    await this.write(Object.fromEntries(here));
  }

  async writeBytes(path: string, bytes: Uint8Array): Promise<void> {
    await writeFile(join(this.work, path), bytes);
  }

  async link(path: string, to: string): Promise<void> {
    await symlink(to, join(this.work, path));
  }

  async commitAndPush(...args: readonly string[]): Promise<string> {
    await this.git('add', '-A');
    await this.git('commit', '-q', '--allow-empty', '-m', 'change');
    await this.git('push', '-q', ...args, 'origin', 'HEAD:main');
    this.afterPush();
    return this.#head();
  }

  /** As `git rev-parse HEAD`, without a process: a commit has just written the ref. */
  async #head(): Promise<string> {
    const read = async (name: string) => (await readFile(join(this.work, '.git', name), 'utf8')).trim();
    const head = await read('HEAD');
    return head.startsWith('ref: ') ? read(head.slice('ref: '.length)) : head;
  }

  /** Waits for a line of the log. */
  async logged(isMeant: (line: LogLine) => boolean, timeoutMs = DEADLINE_MS): Promise<LogLine> {
    return vi.waitFor(
      () => {
        const line = this.log.find((each) => isMeant(each));
        if (line === undefined) throw new Error(`not logged: ${JSON.stringify(this.log.slice(-8), null, 1)}`);
        return line;
      },
      { timeout: timeoutMs, interval: 10 },
    );
  }

  async until(isSo: () => boolean): Promise<void> {
    const look = () => {
      if (!isSo()) throw new Error(`condition not met: ${isSo.toString()}`);
    };
    await vi.waitFor(look, { timeout: DEADLINE_MS, interval: 20 });
  }

  /** Waits until the commit is deployed, also after failures, or found deployed. */
  async converged(revision: string): Promise<void> {
    await this.logged(
      (line) => line['revision'] === revision && (line['verdict'] === 'deployed' || line['verdict'] === 'unchanged'),
    );
  }

  /** Waits for the outcome of this commit. */
  async outcome(revision: string, verdict?: string, timeoutMs = DEADLINE_MS): Promise<LogLine> {
    return vi.waitFor(
      () => {
        const line = this.log.find(
          (each) =>
            each['verdict'] !== undefined &&
            each['revision'] === revision &&
            (verdict === undefined || each['verdict'] === verdict),
        );
        if (line === undefined)
          throw new Error(`no outcome of ${revision} yet: ${JSON.stringify(this.log.slice(-6), null, 1)}`);
        return line;
      },
      { timeout: timeoutMs, interval: 10 },
    );
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await kubectl(this.cluster, args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }

  /** Applies a manifest with kubectl, without Git. */
  async applyByHand(manifest: string, ...args: readonly string[]): Promise<void> {
    const command = ['-n', this.namespace, 'apply', ...args, '-f', '-'];
    const { code, stderr } = await kubectl(this.cluster, command, manifest);
    if (code !== 0) throw new Error(stderr);
  }

  /** An object of the namespace, without its managed fields; null when it does not exist. */
  async get(kind: string, name: string): Promise<JsonObject | null> {
    const collection = collectionOf(kind, this.namespace);
    if (collection !== null) return withoutManagers(await this.#api.get(`${collection}/${name}`));
    const { code, stdout } = await kubectl(this.cluster, ['-n', this.namespace, 'get', kind, name, '-o', 'json']);
    return code === 0 ? (parseJson(stdout) as JsonObject) : null;
  }

  /** `name → data` of the ConfigMaps, without those that Headgate or Kubernetes itself writes. */
  async configMaps(): Promise<Record<string, Record<string, string>>> {
    const list = (await this.#api.get(`/api/v1/namespaces/${this.namespace}/configmaps`)) as unknown as {
      items: { metadata: { name: string }; data?: Record<string, string> }[];
    };
    const users = list.items.filter(
      ({ metadata }) => !metadata.name.startsWith('headgate-') && metadata.name !== 'kube-root-ca.crt',
    );
    return Object.fromEntries(users.map(({ metadata, data }) => [metadata.name, data ?? {}]));
  }

  async auditOf(userAgent: string): Promise<readonly { verb: string; uri: string; code: number }[]> {
    // Line by line: the log of a cluster that has run for hours is longer than a string can be.
    const lines: string[] = [];
    for await (const line of createInterface({ input: createReadStream(this.cluster.auditLog) })) {
      if (line.includes(userAgent)) lines.push(line);
    }
    return lines
      .map(
        (line) =>
          JSON.parse(line) as {
            verb: string;
            requestURI: string;
            responseStatus?: { code: number };
            userAgent: string;
          },
      )
      .filter((entry) => entry.userAgent.includes(userAgent))
      .map(({ verb, requestURI, responseStatus }) => ({ verb, uri: requestURI, code: responseStatus?.code ?? 0 }));
  }

  /** Every place where a planted secret leaked. */
  async leaks(): Promise<readonly string[]> {
    return leaksIn({
      log: JSON.stringify(this.log),
      statuses: [...this.host.statuses, ...this.host.pullRequestsOf(FULL_NAME).comments],
      dataDirectory: join(this.directory, 'data'),
      api: this.#api,
      namespaces: [this.namespace],
    });
  }

  /** What runs would burden the tests that follow; all else ends with the cluster. */
  async #runsSomething(): Promise<boolean> {
    const collections = ['/api/v1/namespaces/NAMESPACE/pods', '/apis/batch/v1/namespaces/NAMESPACE/cronjobs'];
    const paths = collections.map((path) => `${path.replace('NAMESPACE', this.namespace)}?limit=1`);
    const lists = await Promise.all(paths.map((path) => this.#api.get(path)));
    return lists.some((list) => JSON.stringify(list?.['items']) !== '[]');
  }

  async tearDown(): Promise<void> {
    await this.stop();
    await this.host.close();
    const leaks = await this.leaks();
    if (isClusterKept() || (await this.#runsSomething())) {
      await this.#api.remove(`/api/v1/namespaces/${this.namespace}`);
    }
    this.#api.close();
    await rm(this.directory, { recursive: true, force: true });
    if (leaks.length > 0) throw new Error(`a planted secret leaked: ${leaks.join('\n')}`);
  }
}

/** A push does not wait for housekeeping, which would be a process more for each commit. */
const workConfig = (origin: string): string => `[maintenance]
	auto = false
[remote "origin"]
	url = ${origin}
	fetch = +refs/heads/*:refs/remotes/origin/*
`;

/** As kubectl shows it. */
function withoutManagers(object: JsonObject | null): JsonObject | null {
  const metadata = object?.['metadata'];
  if (object === null || !isObject(metadata)) return object;
  const { managedFields: _, ...shown } = metadata;
  return { ...object, metadata: shown };
}

/** To remove a namespace, Kubernetes lists the objects of every kind in it: 0.2 s of a processor. */
const isClusterKept = (): boolean => process.env['HEADGATE_TEST_CLUSTER'] !== undefined;

export function configMap(name: string, data: Readonly<Record<string, string>> = {}, more = ''): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}data: ${JSON.stringify(data)}\n`;
}
