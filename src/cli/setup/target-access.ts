import * as z from 'zod';
import type { Connection, SessionPool } from '../../cluster/api/connection.ts';
import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { AccessOf } from '../../app/runtime.ts';
import { VERSION } from '../../app/version.ts';
import { wait } from '../../app/wait.ts';

export interface TargetAccess {
  readonly username: string;
  readonly groups: readonly string[];
}

interface World {
  readonly accessOf: AccessOf;
  readonly sessions: SessionPool;
}

/** What every target needs, whatever its repository holds: its state, and Events. */
const NEEDED = [
  ...['get', 'create', 'patch', 'delete'].map((verb) => ({ verb, resource: 'configmaps' })),
  { verb: 'create', resource: 'events' },
];
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Comes into the cluster exactly as a deploy of this target would, and asks what it may. Nothing is written.
 * @throws DeployError that says what is missing
 */
export async function probeTargetAccess(
  target: Target,
  { accessOf, sessions }: World,
  signal: AbortSignal,
): Promise<TargetAccess> {
  const access = await accessOf(target.cluster, target);
  const connection = sessions.connect(access, {
    userAgent: () => `headgate/${VERSION} (${target.name})`,
    impersonate: target.serviceAccount,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    wait,
  });
  const who = await whoAmI(target, connection, signal);
  const missing = await missingRights(target, connection, signal);
  if (missing.length === 0) return who;
  throw new DeployError('cluster-unauthorized', {
    subject: `target ${target.name}`,
    message: `${who.username} may not ${missing.join(', ')} in namespace ${target.namespace}`,
    remedy: `Give its group the Role of infra/rbac/target.yaml: headgate connect ${target.cluster.name} --rbac | kubectl apply -f -`,
  });
}

const Review = z.object({
  status: z.object({ userInfo: z.object({ username: z.string(), groups: z.array(z.string()).default([]) }) }),
});

async function whoAmI(target: Target, connection: Connection, signal: AbortSignal): Promise<TargetAccess> {
  const api = 'authentication.k8s.io/v1';
  const content = { apiVersion: api, kind: 'SelfSubjectReview' };
  const path = `/apis/${api}/selfsubjectreviews`;
  const answer = await post(connection, { path, content }, signal).catch((thrown: unknown) => {
    const isRefused = thrown instanceof DeployError && thrown.code === 'cluster-unauthorized';
    throw isRefused ? unknownToCluster(target, thrown) : thrown;
  });
  if (answer.status === 201) return Review.parse(JSON.parse(answer.text)).status.userInfo;
  throw odd(target, answer.status);
}

const Judgement = z.object({ status: z.object({ allowed: z.boolean() }) });

async function missingRights(target: Target, connection: Connection, signal: AbortSignal): Promise<readonly string[]> {
  const api = 'authorization.k8s.io/v1';
  const judged = await Promise.all(
    NEEDED.map(async ({ verb, resource }) => {
      const resourceAttributes = { namespace: target.namespace, verb, resource };
      const content = { apiVersion: api, kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
      const answer = await post(connection, { path: `/apis/${api}/selfsubjectaccessreviews`, content }, signal);
      if (answer.status !== 201) throw odd(target, answer.status);
      return { what: `${verb} ${resource}`, isAllowed: Judgement.parse(JSON.parse(answer.text)).status.allowed };
    }),
  );
  return judged.flatMap(({ what, isAllowed }) => (isAllowed ? [] : [what]));
}

function post(
  connection: Connection,
  { path, content }: { readonly path: string; readonly content: object },
  signal: AbortSignal,
) {
  const body = JSON.stringify(content);
  return connection.request({ method: 'POST', path, body, contentType: 'application/json' }, signal);
}

/** The role was assumed and the cluster was found: only the entry is left. */
function unknownToCluster({ name, cluster, role }: Target, cause: DeployError): DeployError {
  if (cluster.kind !== 'eks') {
    return new DeployError('cluster-unauthorized', {
      cause,
      subject: `target ${name}`,
      message: `cluster ${cluster.name} does not accept the credentials`,
      remedy: 'Run kubectl auth whoami with the same kubeconfig and context to see why.',
    });
  }
  return new DeployError('cluster-unauthorized', {
    cause,
    subject: `target ${name}`,
    message: `cluster ${cluster.name} does not know ${role ?? cluster.role ?? 'the functions’ own role'}: it has no access entry, or one of a role of this name that was deleted and made again`,
    remedy:
      'Delete the access entry (aws eks delete-access-entry) and deploy the stack of infra/cluster-access.yml again: it makes role and entry together.',
  });
}

function odd({ name, cluster }: Target, status: number): DeployError {
  return new DeployError('cluster-unreachable', {
    subject: `target ${name}`,
    message: `cluster ${cluster.name} answers ${status} to the question what may be done`,
    remedy: 'Look at the API server, and at what stands before it.',
  });
}
