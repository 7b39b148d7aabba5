import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl } from '../test/rig/cluster/control-plane.ts';
import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { mustRun } from '../test/rig/programs/command.ts';
import { startGitHost } from '../test/rig/git-host/git-host.ts';
import type { GitHost } from '../test/rig/git-host/git-host.ts';
import { startDelay } from './delay.ts';
import { benchRepository, payloadOf } from './repository.ts';
import type { BenchCommit, BenchRepository } from './repository.ts';
import { startServed } from './served.ts';
import type { LogLine, Served } from './served.ts';

const TOKEN = 'bench-token';
export const SECRET = 'bench-webhook-secret-0123456789';
export const FULL_NAME = 'acme/fleet';
const RUN_MS = 600_000;

/** A Git host with one repository, a namespace of the real cluster, and Headgate as a separate process. */
export interface Lab {
  readonly cluster: ClusterAddress;
  readonly namespace: string;
  readonly directory: string;
  readonly host: GitHost;
  readonly repository: BenchRepository;
  readonly served: Served;
  /** Signs and sends the delivery that GitHub would send for these commits; returns when it was sent and answered. */
  deliver(commits: readonly BenchCommit[]): Promise<{ readonly sentMs: number; readonly answeredMs: number }>;
  outcome(revision: string, target?: string): Promise<LogLine>;
  headgate(...args: readonly string[]): Promise<string>;
  kubectl(...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

export interface LabOptions {
  readonly cluster: ClusterAddress;
  /** Added to every response of Kubernetes and Git. */
  readonly delayMs?: number;
  /** More keys of each target; default: one target for `apps`. */
  readonly targets?: readonly Readonly<Record<string, unknown>>[];
  /** More keys of headgate.yml, and of its repository. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly repository?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly serveFlags?: readonly string[];
}

export async function openLab({
  cluster,
  delayMs = 0,
  targets = [{}],
  config: more = {},
  repository: ofRepository = {},
  env: moreEnv = {},
  serveFlags = [],
}: LabOptions): Promise<Lab> {
  const namespace = `bench-${randomUUID().slice(0, 8)}`;
  const directory = await mkdtemp(join(tmpdir(), 'headgate-bench-'));
  const kube = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await kubectl(cluster, args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  await kube('create', 'namespace', namespace);
  const host = await startGitHost({ directory: join(directory, 'git'), token: TOKEN });
  const repository = benchRepository(await host.createRepository(FULL_NAME, 1));
  const far = await distance({ cluster, host, directory, delayMs });
  const config = join(directory, 'headgate.yml');
  const target = { repository: 'fleet', branch: 'main', path: 'apps', cluster: 'lab', namespace };
  const settings = {
    clusters: { lab: { kubeconfig: { path: far.kubeconfig } } },
    repositories: {
      fleet: {
        host: 'github',
        url: `${far.gitUrl}/${FULL_NAME}.git`,
        api: `${host.url}/api`,
        webhookSecret: 'env:FLEET_SECRET',
        credentials: 'env:FLEET_TOKEN',
        ...ofRepository,
      },
    },
    ...more,
    targets: targets.map((each) => ({ name: namespace, ...target, wait: '0s', ...each })),
  };
  await writeFile(config, JSON.stringify(settings));
  const data = join(directory, 'data');
  const env = { FLEET_SECRET: SECRET, FLEET_TOKEN: TOKEN, ...moreEnv };
  const served = await startServed({ config, data, env, flags: serveFlags });
  host.setWebhook(FULL_NAME, { url: `${served.url}/webhooks/fleet`, secret: SECRET, events: ['*'] });

  return {
    cluster,
    namespace,
    directory,
    host,
    repository,
    served,
    kubectl: kube,
    async deliver(commits) {
      const payload = payloadOf({ id: 1, fullName: FULL_NAME }, commits);
      const sentMs = performance.timeOrigin + performance.now();
      const { status, answer } = await host.deliver(FULL_NAME, payload);
      if (status !== 202) throw new Error(`the webhook returned status ${status}: ${answer}`);
      return { sentMs, answeredMs: performance.timeOrigin + performance.now() };
    },
    outcome: (revision, name = namespace) =>
      served.line(
        (line) =>
          line['revision'] === revision && line['target'] === name && ['deployed', 'unchanged'].includes(line.message),
        RUN_MS,
      ),
    async headgate(...args) {
      const main = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');
      const command = ['--disable-warning=ExperimentalWarning', main, '--config', config, '--data-dir', `${data}-cli`];
      return mustRun(process.execPath, [...command, ...args], { env: { ...process.env, ...env } });
    },
    async close() {
      await served.stop();
      await far.close();
      await host.close();
      // Waits, so that the next measurement does not run during the deletion of ten thousand objects.
      await kube('delete', 'namespace', namespace, '--timeout=10m');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function distance(at: { cluster: ClusterAddress; host: GitHost; directory: string; delayMs: number }) {
  const { cluster, host, directory, delayMs } = at;
  if (delayMs === 0) return { kubeconfig: cluster.kubeconfig, gitUrl: host.url, close: () => Promise.resolve() };
  const [kubernetes, git] = await Promise.all([startDelay(cluster.server, delayMs), startDelay(host.url, delayMs)]);
  await mkdir(directory, { recursive: true });
  const kubeconfig = join(directory, 'kubeconfig');
  const content = (await readFile(cluster.kubeconfig, 'utf8')).replace(cluster.server, kubernetes.url);
  await writeFile(kubeconfig, content, { mode: 0o600 });
  return {
    kubeconfig,
    gitUrl: git.url,
    async close() {
      await Promise.all([kubernetes.close(), git.close()]);
    },
  };
}
