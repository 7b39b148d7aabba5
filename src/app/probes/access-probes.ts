import * as z from 'zod/mini';
import type { ClusterConfig, Repository, Target } from '../../config/checked/config.ts';
import type { SessionPool } from '../../cluster/api/connection.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { VERSION } from '../version.ts';
import { wait } from '../wait.ts';
import type { Probe } from './probe.ts';
import { probeReadAccess, probeTargetAccess } from './target-access.ts';
import type { TargetAccess } from './target-access.ts';
import type { AppRuntime } from '../app-runtime.ts';

const REQUEST_TIMEOUT_MS = 10_000;

type Git = Pick<AppRuntime, 'config' | 'openGit'>;

/** Reads the branches that are followed. */
export const repositoryProbe = (repository: Repository, runtime: Git): Probe => ({
  kind: 'repository',
  name: repository.name,
  run: (signal) => probeRepository(repository, runtime, signal),
});

async function probeRepository(repository: Repository, { config, openGit }: Git, signal: AbortSignal): Promise<string> {
  const followers = [
    ...config.targets.map(({ name, ...settings }) => ({ name: `target ${name}`, settings })),
    ...config.templates.map(({ name, settings }) => ({ name: `template ${name}`, settings })),
  ].filter(({ settings }) => settings.repository.name === repository.name);
  const refs = [...new Set(followers.map(({ settings }) => settings.ref))];
  const git = await openGit(repository);
  const tips = await git.tips(refs, signal).catch((thrown: unknown) => {
    throw repository.credentials?.kind === 'iam' ? explained(thrown, repository) : thrown;
  });
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

/** There is no token to check: AWS knows the process, and IAM decides. */
function explained(thrown: unknown, { name, fullName }: Repository): unknown {
  if (!(thrown instanceof DeployError) || thrown.code !== 'git-unauthorized') return thrown;
  const remedy = `Allow this identity codecommit:GitPull on ${fullName} (for the functions, deploy the stack again), and check url and the clock.`;
  return new DeployError(thrown.code, {
    subject: `repository ${name}`,
    message: thrown.message,
    remedy,
    cause: thrown,
  });
}

interface Connections {
  readonly runtime: Pick<AppRuntime, 'accessOf'>;
  readonly sessions: SessionPool;
}

export const clusterProbe = (cluster: ClusterConfig, connections: Connections): Probe => ({
  kind: 'cluster',
  name: cluster.name,
  run: (signal) => probeCluster(cluster, connections, signal),
});

export const targetProbe = (target: Target, { runtime, sessions }: Connections): Probe => ({
  kind: 'target',
  name: target.name,
  run: async (signal) =>
    formatAccess(target, await probeTargetAccess(target, { accessOf: runtime.accessOf, sessions }, signal)),
});

/** Looks with the access of the sweep. */
export const readProbe = (target: Target, { runtime, sessions }: Connections): Probe => ({
  kind: 'target',
  name: target.name,
  run: async (signal) =>
    formatAccess(target, await probeReadAccess(target, { accessOf: runtime.accessOf, sessions }, signal)),
});

function formatAccess({ namespace }: Target, { username, groups, allowed }: TargetAccess): string {
  return `as ${username}, ${groups.join(', ')}; in ${namespace} may ${allowed.join(', ')}`;
}

async function probeCluster(
  cluster: ClusterConfig,
  { runtime, sessions }: Connections,
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
