import { randomUUID } from 'node:crypto';
import { targetCluster } from '../cluster/cluster.ts';
import type { TargetCluster } from '../cluster/cluster.ts';
import { openSessions } from '../cluster/api/connection.ts';
import { kindCache } from '../cluster/api/kinds.ts';
import type { KindCache } from '../cluster/api/kinds.ts';
import { RUN_LIMITS } from '../cluster/state/limits.ts';
import type { RunLimits } from '../cluster/state/limits.ts';
import { hasReadRole } from '../config/derived/read-role.ts';
import type { ClusterConfig, Config, Repository, Target } from '../config/checked/config.ts';
import type { Outbox } from '../deploy/ports/outbox.ts';
import type { Channel } from '../deploy/ports/run-event.ts';
import { openAgents } from '../exchange/exchange.ts';
import { watchServers } from '../exchange/servers.ts';
import { GIT_LIMITS } from '../git/wire/limits.ts';
import type { LocalObjects } from '../git/local-objects.ts';
import { openRepository } from '../git/reader.ts';
import { newTraits } from '../git/wire/transport.ts';
import type { GitLogin, GitServer, ServerTraits } from '../git/wire/transport.ts';
import { hostOf } from '../githost/hosts.ts';
import type { TokenUse } from '../githost/port/token-issuer.ts';
import type { AppTokenOf } from './githost/app-tokens.ts';
import { openDataKeys } from './data-keys.ts';
import { resolveSecret, SECRET_TIMEOUT_MS } from './secrets.ts';
import type { SecretSources } from './secrets.ts';
import { openStatuses } from './githost/statuses.ts';
import { VERSION } from './version.ts';
import { wait } from './wait.ts';
import type { GivenRenderer } from '../desired/plain/given-renderer.ts';
import type { Log } from '../deploy/ports/log.ts';
import type { Readers, Tools } from '../deploy/ports/tools.ts';
import type { RegistryLogin } from '../sandbox/pull-chart.ts';
import type { Statuses } from '../deploy/ports/statuses.ts';
import type { AccessOf } from './access-of.ts';
import type { AppRuntime } from './app-runtime.ts';
import { caOf } from './githost/ca-of.ts';
import { hostAccessOf } from './githost/host-access.ts';
import { gitServerName } from './githost/server-name.ts';
import { clusterServerName } from './servers-of.ts';

export interface RuntimeOptions {
  readonly config: Config;
  readonly log: Log;
  /** The lease holder: a later process with the same holder may take the leases over. */
  readonly holder: string;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
  readonly secrets: SecretSources;
  readonly accessOf: AccessOf;
  /** Where runs and checks queue later work. */
  readonly outbox: Outbox;
  /** Besides commit status, Kubernetes Event and log. Default: none. */
  readonly channels?: readonly Channel[];
  readonly limits?: RunLimits;
  /** The runtime only reads clusters, with the read role of those that have one. Default: it also writes. */
  readonly isReader?: boolean;
  /** For private registries of charts. Default: none is known. */
  readonly registryLogin?: RegistryLogin;
  /** For repositories that the identity of the process on AWS reads. */
  readonly identityLogin: (url: URL) => Promise<() => GitLogin>;
  /** Renderers that this package does not have. Default: none. */
  readonly givenRenderers?: readonly GivenRenderer[];
  /** Read before the Git host. Default: none. */
  readonly localObjects?: LocalObjects | null;
  /** Called for each run. Default: what is pushed is parsed in the event loop. */
  readonly loadReaders?: () => Promise<Readers>;
}

/** Implements the ports of runs, with connections, kinds and tokens that outlive a run. */
export function openRuntime({
  config,
  log,
  holder,
  progress,
  secrets,
  accessOf,
  outbox,
  channels = [],
  limits = RUN_LIMITS,
  isReader = false,
  registryLogin,
  identityLogin,
  givenRenderers = [],
  localObjects = null,
  loadReaders = async () => (await import('../parsing/functions.ts')).READ_AT_ONCE,
}: RuntimeOptions): AppRuntime {
  const sessions = openSessions();
  const agents = openAgents();
  const servers = watchServers(() => Date.now());
  const kinds = new Map<string, KindCache>();
  const traits = new Map<string, ServerTraits>();
  const nowMs = () => Date.now();
  const tools = { ...openToolsLate(secrets.env, registryLogin), given: givenRenderers };

  function kindsOf({ name }: ClusterConfig): KindCache {
    const known = kinds.get(name) ?? kindCache();
    kinds.set(name, known);
    return known;
  }

  function traitsOf(repository: Repository): ServerTraits {
    const server = gitServerName(repository);
    const known = traits.get(server) ?? newTraits(hostOf(repository).gitVersion);
    traits.set(server, known);
    return known;
  }

  let appTokenOf: Promise<AppTokenOf> | null = null;
  /** Most repositories have a token, not an app. */
  async function openAppTokens(): Promise<AppTokenOf> {
    const { appTokens } = await import('./githost/app-tokens.ts');
    return appTokens({
      privateKeyOf: ({ privateKey }, signal) => resolveSecret(privateKey, secrets, signal),
      caOf,
      nowMs,
      wait,
    });
  }

  async function tokenOf(repository: Repository, use: TokenUse = 'runs'): Promise<string | null> {
    const { credentials } = repository;
    const signal = AbortSignal.timeout(SECRET_TIMEOUT_MS);
    if (credentials === null || credentials.kind === 'iam') return null;
    if (credentials.kind === 'token') return resolveSecret(credentials.token, secrets, signal);
    appTokenOf ??= openAppTokens();
    return (await appTokenOf)(repository, { credentials, use }, signal);
  }

  async function loginOf(repository: Repository, token: string | null): Promise<GitServer['login']> {
    if (token !== null) return { user: hostOf(repository).gitUser, token };
    if (repository.credentials?.kind !== 'iam') return null;
    return identityLogin(new URL(repository.url));
  }

  async function serverOf(repository: Repository, token: string | null): Promise<GitServer> {
    const [ca, login] = await Promise.all([caOf(repository), loginOf(repository, token)]);
    return {
      url: repository.url,
      login,
      ca,
      userAgent: `headgate/${VERSION}`,
      agents,
      watched: servers.named(gitServerName(repository)),
      limits: GIT_LIMITS,
      traits: traitsOf(repository),
    };
  }

  async function openGit(repository: Repository) {
    return openRepository(await serverOf(repository, await tokenOf(repository)), localObjects);
  }

  async function statusesOf(repository: Repository): Promise<Statuses | null> {
    const { api, fullName, statuses } = repository;
    const { loadApi } = hostOf(repository);
    if (loadApi === null || api === null || !statuses) return null;
    const [host, token] = await Promise.all([loadApi(), tokenOf(repository)]);
    if (token === null) return null;
    const access = await hostAccessOf(repository, { host, token }, { servers, wait });
    return openStatuses({ repository: { api, fullName }, ...access });
  }

  async function connect(target: Target, userAgent: () => string) {
    return sessions.connect(await accessOf(target.cluster, target), {
      userAgent,
      impersonate: isReader && hasReadRole(target.cluster) ? null : target.serviceAccount,
      requestTimeoutMs: limits.requestTimeoutMs,
      watched: servers.named(clusterServerName(target.cluster)),
      wait,
    });
  }

  /** `commit`: for the user agent, until the run knows its revision; may be empty. */
  async function openCluster(
    target: Target,
    { limitMs, ...request }: { commit: string; limitMs: number | null },
  ): Promise<TargetCluster> {
    let { commit } = request;
    const userAgent = () => `headgate/${VERSION} (${target.name}${commit === '' ? '' : `@${commit.slice(0, 12)}`})`;
    const connection = await connect(target, userAgent);
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

  const runtime: AppRuntime = {
    config,
    log,
    channels,
    ...outbox,
    nowMs,
    wait,
    keys: (signal) => Promise.all(config.keys.map((key) => resolveSecret(key, secrets, signal))),
    async reviewed(target, revision, signal) {
      if (!target.repository.pullRequests.plan) return [];
      const { reviewedOf } = await import('./plan-context.ts');
      return reviewedOf({ target, revision }, runtime, signal);
    },
    openGit,
    gitServerOf: serverOf,
    agents,
    openStatuses: statusesOf,
    tokenOf,
    accessOf,
    servers,
    connect: (target) => connect(target, () => `headgate/${VERSION} (${target.name})`),
    openCluster: (target) => openCluster(target, { commit: '', limitMs: null }),
    async open(target, revision, limitMs = null) {
      const { repository } = target;
      const [readers, cluster, git, statuses] = await Promise.all([
        loadReaders(),
        openCluster(target, { commit: revision ?? '', limitMs }),
        openGit(repository),
        statusesOf(repository),
      ]);
      return { cluster, git, statuses, tools, readers, dataKeys: openDataKeys(target, secrets) };
    },
    close() {
      sessions.close();
      agents.close();
    },
  };
  return runtime;
}

/** Plain targets run no program, so a function that starts for a push to one does not load what runs them. */
function openToolsLate(env: SecretSources['env'], registryLogin?: RegistryLogin): Tools {
  let opened: Promise<Tools> | null = null;
  const open = () =>
    (opened ??= import('../sandbox/tools.ts').then(({ openTools }) => openTools(env, {}, registryLogin)));
  return {
    versionOf: async (renderer, signal) => (await open()).versionOf(renderer, signal),
    kustomize: async (build, signal) => (await open()).kustomize(build, signal),
    template: async (template, signal) => (await open()).template(template, signal),
    pull: async (chart, signal) => (await open()).pull(chart, signal),
    archive: async (digest, signal) => (await open()).archive(digest, signal),
  };
}
