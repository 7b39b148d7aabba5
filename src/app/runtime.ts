import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ClusterAccess } from '../cluster/api/access.ts';
import { targetCluster } from '../cluster/cluster.ts';
import type { TargetCluster } from '../cluster/cluster.ts';
import { openSessions } from '../cluster/api/connection.ts';
import { kindCache } from '../cluster/api/kinds.ts';
import type { KindCache } from '../cluster/api/kinds.ts';
import { RUN_LIMITS } from '../cluster/state/limits.ts';
import type { RunLimits } from '../cluster/state/limits.ts';
import type { ClusterConfig, Config, Repository, Target } from '../config/checked/config.ts';
import type { Outbox } from '../deploy/ports/outbox.ts';
import type { RunPorts, Runtime } from '../deploy/ports/runtime.ts';
import { DeployError } from '../error/deploy-error.ts';
import { openAgents } from '../exchange/exchange.ts';
import { GIT_LIMITS } from '../git/limits.ts';
import { openRepository } from '../git/reader.ts';
import { gitUserOf, hostApiOf } from '../githost/hosts.ts';
import type { Revision } from '../snapshot/source.ts';
import { openTools } from '../desired/sandbox/tools.ts';
import { appTokens } from './githost/app-tokens.ts';
import { openDataKeys } from './data-keys.ts';
import { resolveSecret } from './secrets.ts';
import type { SecretSources } from './secrets.ts';
import { openStatuses } from './githost/statuses.ts';
import { VERSION } from './version.ts';
import { wait } from './wait.ts';
import type { Log } from '../deploy/ports/log.ts';
import type { Statuses } from '../deploy/ports/statuses.ts';

/** How a cluster is reached as one target; null: as nobody in particular, to look at it. */
export type AccessOf = (cluster: ClusterConfig, target: Target | null) => Promise<ClusterAccess>;

export interface RuntimeOptions {
  readonly config: Config;
  readonly log: Log;
  /** Who holds the leases: whoever has the same name may take over what another one left behind. */
  readonly holder: string;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
  readonly secrets: SecretSources;
  readonly accessOf: AccessOf;
  /** Where runs and checks send what has to be done later. */
  readonly outbox: Outbox;
  readonly limits?: RunLimits;
}

export interface AppRuntime extends Runtime {
  /** A target's cluster without its repository. */
  readonly openCluster: (target: Target) => Promise<TargetCluster>;
  readonly accessOf: AccessOf;
  /** `limitMs`: how long the run may take, where that has an end. */
  readonly open: (target: Target, revision: Revision | null, limitMs?: number | null) => Promise<RunPorts>;
  /** What the repository is read with; null: nothing. */
  readonly tokenOf: (repository: Repository) => Promise<string | null>;
  close(): void;
}

/** The real world behind the ports of a run: connections, kinds and tokens that are kept while runs come and go. */
export function openRuntime({
  config,
  log,
  holder,
  progress,
  secrets,
  accessOf,
  outbox,
  limits = RUN_LIMITS,
}: RuntimeOptions): AppRuntime {
  const sessions = openSessions();
  const agents = openAgents();
  const kinds = new Map<string, KindCache>();
  const nowMs = () => Date.now();
  const tools = openTools(secrets.env);

  function kindsOf({ name }: ClusterConfig): KindCache {
    const known = kinds.get(name) ?? kindCache();
    kinds.set(name, known);
    return known;
  }

  const appTokenOf = appTokens({
    privateKeyOf: ({ privateKey }, signal) => resolveSecret(privateKey, secrets, signal),
    caOf,
    nowMs,
    wait,
  });

  async function tokenOf(repository: Repository): Promise<string | null> {
    const { credentials } = repository;
    const signal = AbortSignal.timeout(ASK_MS);
    if (credentials === null) return null;
    if (credentials.kind === 'token') return resolveSecret(credentials.token, secrets, signal);
    return appTokenOf(repository, credentials, signal);
  }

  async function openGit(repository: Repository) {
    const [token, ca] = await Promise.all([tokenOf(repository), caOf(repository)]);
    return openRepository({
      url: repository.url,
      login: token === null ? null : { user: gitUserOf(repository), token },
      ca,
      userAgent: `headgate/${VERSION}`,
      agents,
      limits: GIT_LIMITS,
    });
  }

  async function statusesOf(repository: Repository): Promise<Statuses | null> {
    const { api, fullName, statuses } = repository;
    if (api === null || fullName === null || !statuses) return null;
    const [host, token, ca] = await Promise.all([hostApiOf(repository), tokenOf(repository), caOf(repository)]);
    if (host === null || token === null) return null;
    return openStatuses({ host, repository: { api, fullName }, token: () => Promise.resolve(token), ca, wait });
  }

  /** `revision`: for which commit requests are made, until a run knows it. */
  async function openCluster(
    target: Target,
    { limitMs, ...asked }: { commit: string; limitMs: number | null },
  ): Promise<TargetCluster> {
    let { commit } = asked;
    const userAgent = () => `headgate/${VERSION} (${target.name}${commit === '' ? '' : `@${commit.slice(0, 12)}`})`;
    const connection = sessions.connect(await accessOf(target.cluster, target), {
      userAgent,
      impersonate: target.serviceAccount,
      requestTimeoutMs: limits.requestTimeoutMs,
      wait,
    });
    return targetCluster({
      connection,
      kinds: kindsOf(target.cluster),
      target,
      runner: { run: randomUUID(), holder, leaseMs: limits.leaseMs, nowMs },
      layout: limits.layout,
      wait,
      progress,
      limitMs,
      onRevision: (tip) => {
        commit = tip;
      },
    });
  }

  return {
    config,
    log,
    channels: [],
    ...outbox,
    nowMs,
    wait,
    openGit,
    openStatuses: statusesOf,
    tokenOf,
    accessOf,
    openCluster: (target) => openCluster(target, { commit: '', limitMs: null }),
    async open(target, revision, limitMs = null) {
      const { repository } = target;
      const [cluster, git, statuses] = await Promise.all([
        openCluster(target, { commit: revision ?? '', limitMs }),
        openGit(repository),
        statusesOf(repository),
      ]);
      return { cluster, git, statuses, tools, dataKeys: openDataKeys(target, secrets) };
    },
    close() {
      sessions.close();
      agents.close();
    },
  };
}

/** How long a secret may take; runs have a signal of their own for the rest. */
const ASK_MS = 15_000;

/** The private authority of a Git host, as PEM; null: none. */
export async function caOf({ caFile }: Repository): Promise<string | null> {
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
