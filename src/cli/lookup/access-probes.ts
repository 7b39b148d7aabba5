import * as z from 'zod';
import type { ClusterConfig, Config, Repository, TargetSettings } from '../../config/checked/config.ts';
import { formatReference } from '../../config/written/reference.ts';
import { openSessions } from '../../cluster/api/connection.ts';
import type { SessionPool } from '../../cluster/api/connection.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import { wait } from '../../app/wait.ts';
import { resolveSecret } from '../../app/secrets.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { VERSION } from '../../app/version.ts';
import type { Context } from '../terminal/context.ts';
import type { SecretReference } from '../../config/written/reference.ts';
import type { Probe } from './probe.ts';

export interface AccessProbes {
  readonly probes: readonly Probe[];
  /** Shared with the probes of `doctor`. */
  readonly runtime: LocalRuntime;
  readonly sessions: SessionPool;
  close(): void;
}

const REQUEST_TIMEOUT_MS = 10_000;

/** Reads every secret, the followed branches of every repository, and our user name on every cluster. Writes nothing. */
export function accessProbes({ config, env, log, dataDir }: Context): AccessProbes {
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress: () => undefined });
  const sessions = openSessions();
  const repositories = [...config.repositories.values()].map((repository): Probe => ({
    kind: 'repository',
    name: repository.name,
    run: (signal) => probeRepository(repository, { config, runtime }, signal),
  }));
  const clusters = [...config.clusters.values()].map((cluster): Probe => ({
    kind: 'cluster',
    name: cluster.name,
    run: (signal) => probeCluster(cluster, { runtime, sessions }, signal),
  }));
  return {
    probes: [...secretProbes(config, runtime), ...repositories, ...clusters],
    runtime,
    sessions,
    close() {
      sessions.close();
      runtime.close();
    },
  };
}

/** One probe for each secret that the configuration names, however often. */
function secretProbes(config: Config, { secrets }: LocalRuntime): readonly Probe[] {
  const references = new Map(
    [
      ...[...config.repositories.values()].flatMap(secretsOf),
      ...config.targets.flatMap(keysOf),
      ...config.templates.flatMap(({ settings }) => keysOf(settings)),
    ].map((reference) => [formatReference(reference), reference]),
  );
  return [...references].map(([name, reference]) => ({
    kind: 'secret',
    name,
    run: async (signal) => {
      await resolveSecret(reference, secrets, signal);
      return 'found';
    },
  }));
}

function keysOf({ decryption }: TargetSettings): readonly SecretReference[] {
  return decryption === null || decryption.age === null ? [] : [decryption.age];
}

function secretsOf({ webhookSecrets, credentials }: Repository): readonly SecretReference[] {
  if (credentials === null) return webhookSecrets;
  return [...webhookSecrets, credentials.kind === 'token' ? credentials.token : credentials.privateKey];
}

async function probeRepository(
  repository: Repository,
  { config, runtime }: { config: Config; runtime: LocalRuntime },
  signal: AbortSignal,
): Promise<string> {
  const followers = [
    ...config.targets.map(({ name, ...settings }) => ({ name: `target ${name}`, settings })),
    ...config.templates.map(({ name, settings }) => ({ name: `template ${name}`, settings })),
  ].filter(({ settings }) => settings.repository.name === repository.name);
  const refs = [...new Set(followers.map(({ settings }) => settings.ref))];
  const git = await runtime.openGit(repository);
  const tips = await git.tips(refs, signal);
  const missing = followers.find(({ settings }) => !tips.has(settings.ref));
  if (missing !== undefined) {
    throw new DeployError('ref-missing', {
      subject: missing.name,
      message: `branch ${missing.settings.branch} does not exist`,
      remedy: `Push it to ${repository.url}, or fix branch of ${missing.name}.`,
    });
  }
  return refs.length === 0
    ? 'reached'
    : [...tips].map(([ref, tip]) => `${ref.replace('refs/heads/', '')} at ${tip.slice(0, 12)}`).join(', ');
}

async function probeCluster(
  cluster: ClusterConfig,
  { runtime, sessions }: { runtime: LocalRuntime; sessions: SessionPool },
  signal: AbortSignal,
): Promise<string> {
  const access = await runtime.accessOf(cluster, null);
  const connection = sessions.connect(access, {
    userAgent: () => `headgate/${VERSION} (check)`,
    impersonate: null,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    wait,
  });
  const api = 'authentication.k8s.io/v1';
  const body = JSON.stringify({ apiVersion: api, kind: 'SelfSubjectReview' });
  const answer = await connection.request(
    { method: 'POST', path: `/apis/${api}/selfsubjectreviews`, body, contentType: 'application/json' },
    signal,
  );
  if (answer.status === 201) return `reached as ${usernameOf(answer.text)}`;
  throw new DeployError(answer.status === 401 ? 'cluster-unauthorized' : 'cluster-unreachable', {
    subject: `cluster ${cluster.name}`,
    message:
      answer.status === 401
        ? 'the cluster does not accept the credentials'
        : `the API server answered with status ${answer.status}`,
    remedy: 'Run kubectl auth whoami with the same kubeconfig and context to see why.',
  });
}

const review = z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) });

function usernameOf(text: string): string {
  return review.parse(JSON.parse(text)).status.userInfo.username;
}
