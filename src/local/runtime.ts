import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { ClusterAccess } from '../cluster/access.ts';
import { targetCluster } from '../cluster/cluster.ts';
import { openSessions } from '../cluster/connection.ts';
import { kindCache } from '../cluster/kinds.ts';
import type { KindCache } from '../cluster/kinds.ts';
import { REQUEST_TIMEOUT_MS } from '../cluster/lease.ts';
import type { ClusterConfig, Config, Repository } from '../config/config.ts';
import type { Log } from '../deploy/outcome-log.ts';
import type { SweepRuntime } from '../deploy/sweep.ts';
import { DeployError } from '../error/deploy-error.ts';
import { GIT_LIMITS } from '../git/limits.ts';
import { openRepository } from '../git/reader.ts';
import { hostOf } from '../githost/hosts.ts';
import type { Statuses } from '../deploy/world.ts';
import { kubeconfigAccess } from './kubeconfig.ts';
import { resolveSecret } from './secrets.ts';
import { openStatuses } from './statuses.ts';
import { VERSION } from './version.ts';

export interface LocalOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Who holds the leases of this process: for `serve` an id of its data directory, whose next process may take them over. */
  readonly holder: string;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
}

export interface LocalRuntime extends SweepRuntime {
  readonly secretsOf: (repository: Repository) => Promise<readonly string[]>;
  readonly accessOf: (cluster: ClusterConfig) => Promise<ClusterAccess>;
  close(): void;
}

/** A kubeconfig is read again after this long, so that a renewed certificate is found. */
const ACCESS_MS = 30_000;

export const wait = (ms: number, signal: AbortSignal): Promise<void> => pause(ms, undefined, { signal });

/** The real world of one machine: kubeconfigs, environment, kept connections. */
export function localRuntime({ config, env, log, holder, progress }: LocalOptions): LocalRuntime {
  const sessions = openSessions();
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const kinds = new Map<string, KindCache>();
  const accesses = new Map<string, { readonly atMs: number; readonly access: Promise<ClusterAccess> }>();
  const nowMs = () => Date.now();
  const sources = { env, readFile: (path: string) => readFile(path, 'utf8') };

  function accessOf(cluster: ClusterConfig): Promise<ClusterAccess> {
    const known = accesses.get(cluster.name);
    if (known !== undefined && nowMs() - known.atMs < ACCESS_MS) return known.access;
    const access = kubeconfigAccess(cluster, env);
    accesses.set(cluster.name, { atMs: nowMs(), access });
    access.catch(() => accesses.delete(cluster.name));
    return access;
  }

  function kindsOf({ name }: ClusterConfig): KindCache {
    const known = kinds.get(name) ?? kindCache();
    kinds.set(name, known);
    return known;
  }

  async function tokenOf({ credentials, name }: Repository): Promise<string | null> {
    if (credentials === null) return null;
    if (credentials.kind === 'token') return resolveSecret(credentials.token, sources);
    throw new DeployError('config-invalid', {
      subject: `repository ${name}`,
      message: 'GitHub App credentials are not built yet',
      remedy: 'Use a token: credentials: env:NAME.',
    });
  }

  async function caOf({ caFile }: Repository): Promise<string | null> {
    if (caFile === null) return null;
    return readFile(caFile, 'utf8').catch((cause: unknown) => {
      throw new DeployError('config-invalid', {
        subject: caFile,
        message: 'caFile cannot be read',
        remedy: 'Mend the path or the rights of the file.',
        cause,
      });
    });
  }

  async function openGit(repository: Repository) {
    const [token, ca] = await Promise.all([tokenOf(repository), caOf(repository)]);
    return openRepository({
      url: repository.url,
      token,
      ca,
      userAgent: `headgate/${VERSION}`,
      agents,
      limits: GIT_LIMITS,
    });
  }

  function statusesOf(repository: Repository, { token, ca }: { token: string; ca: string | null }): Statuses | null {
    const host = hostOf(repository);
    const { api, fullName, statuses } = repository;
    if (host === null || api === null || fullName === null || !statuses) return null;
    return openStatuses({ host, repository: { api, fullName }, token: () => Promise.resolve(token), ca, wait });
  }

  return {
    config,
    log,
    nowMs,
    wait,
    openGit,
    accessOf,
    secretsOf: (repository) =>
      Promise.all(repository.webhookSecrets.map((reference) => resolveSecret(reference, sources))),
    async open(target, revision) {
      const { repository } = target;
      let commit: string = revision ?? '';
      const [access, git, token, ca] = await Promise.all([
        accessOf(target.cluster),
        openGit(repository),
        tokenOf(repository),
        caOf(repository),
      ]);
      const userAgent = () => `headgate/${VERSION} (${target.name}${commit === '' ? '' : `@${commit.slice(0, 12)}`})`;
      const connection = sessions.connect(access, {
        userAgent,
        impersonate: target.serviceAccount,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
        wait,
      });
      const cluster = targetCluster({
        connection,
        kinds: kindsOf(target.cluster),
        target,
        runner: { run: randomUUID(), holder, nowMs },
        wait,
        progress,
        onRevision: (tip) => {
          commit = tip;
        },
      });
      return { cluster, git, statuses: token === null ? null : statusesOf(repository, { token, ca }) };
    },
    close() {
      sessions.close();
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
