import * as z from 'zod/mini';
import type { Connection, SessionPool } from '../../cluster/api/connection.ts';
import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { VERSION } from '../version.ts';
import { wait } from '../wait.ts';
import type { AccessOf } from '../access-of.ts';

export interface TargetAccess {
  readonly username: string;
  readonly groups: readonly string[];
  /** The reviewed permissions: `get configmaps`. */
  readonly allowed: readonly string[];
}

interface Connections {
  readonly accessOf: AccessOf;
  readonly sessions: SessionPool;
}

interface Purpose {
  readonly required: readonly Permission[];
  readonly impersonates: boolean;
  /** What the access entry has to name, on EKS. */
  readonly role: (target: Target) => string;
}

interface Permission {
  readonly verb: string;
  readonly resource: string;
}

/** What every target needs, whatever its repository holds: its state, and Events. */
const DEPLOYS: Purpose = {
  required: [
    ...['get', 'create', 'patch', 'delete'].map((verb) => ({ verb, resource: 'configmaps' })),
    { verb: 'create', resource: 'events' },
  ],
  impersonates: true,
  role: ({ cluster, role }) => role ?? (cluster.kind === 'eks' ? cluster.role : null) ?? "the functions' own role",
};

/** What the sweep needs with the read role of a cluster: the state, and what drift is detected by. */
const READS: Purpose = {
  required: ['get', 'list'].map((verb) => ({ verb, resource: 'configmaps' })),
  impersonates: false,
  role: ({ cluster }) => (cluster.kind === 'eks' ? cluster.readRole : null) ?? "the sweep function's own role",
};
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Connects to the cluster exactly as a deploy of this target would, and reviews its permissions. Writes nothing.
 * @throws DeployError that names the missing permissions
 */
export function probeTargetAccess(
  target: Target,
  connections: Connections,
  signal: AbortSignal,
): Promise<TargetAccess> {
  return probeAccess(target, { ...connections, purpose: DEPLOYS }, signal);
}

/** The same as the sweep, which reads with the read role of the cluster. */
export function probeReadAccess(target: Target, connections: Connections, signal: AbortSignal): Promise<TargetAccess> {
  return probeAccess(target, { ...connections, purpose: READS }, signal);
}

async function probeAccess(
  target: Target,
  { accessOf, sessions, purpose }: Connections & { readonly purpose: Purpose },
  signal: AbortSignal,
): Promise<TargetAccess> {
  const access = await accessOf(target.cluster, target);
  const connection = sessions.connect(access, {
    userAgent: () => `headgate/${VERSION} (${target.name})`,
    impersonate: purpose.impersonates ? target.serviceAccount : null,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    wait,
  });
  const user = await reviewUser(target, { connection, purpose }, signal);
  const reviews = await reviewPermissions(target, { connection, purpose }, signal);
  const listed = (isAllowed: boolean) =>
    reviews.filter((review) => review.isAllowed === isAllowed).map(({ permission }) => permission);
  const missing = listed(false);
  if (missing.length === 0) return { ...user, allowed: listed(true) };
  throw new DeployError('cluster-unauthorized', {
    subject: `target ${target.name}`,
    message: `${user.username} cannot ${missing.join(', ')} in namespace ${target.namespace}`,
    remedy: `Grant its group the Role of infra/rbac/target.yaml: headgate connect ${target.cluster.name} --rbac | kubectl apply -f -`,
  });
}

interface Reviewed {
  readonly connection: Connection;
  readonly purpose: Purpose;
}

const UserReview = z.object({
  status: z.object({ userInfo: z.object({ username: z.string(), groups: z._default(z.array(z.string()), []) }) }),
});

async function reviewUser(
  target: Target,
  { connection, purpose }: Reviewed,
  signal: AbortSignal,
): Promise<Omit<TargetAccess, 'allowed'>> {
  const api = 'authentication.k8s.io/v1';
  const content = { apiVersion: api, kind: 'SelfSubjectReview' };
  const path = `/apis/${api}/selfsubjectreviews`;
  const answer = await post(connection, { path, content }, signal).catch((thrown: unknown) => {
    const isRefused = thrown instanceof DeployError && thrown.code === 'cluster-unauthorized';
    throw isRefused ? unauthorized(target, purpose, thrown) : thrown;
  });
  if (answer.status === 201) return UserReview.parse(JSON.parse(answer.text)).status.userInfo;
  throw unexpected(target, answer.status);
}

const AccessReview = z.object({ status: z.object({ allowed: z.boolean() }) });

async function reviewPermissions(target: Target, { connection, purpose }: Reviewed, signal: AbortSignal) {
  const api = 'authorization.k8s.io/v1';
  return Promise.all(
    purpose.required.map(async ({ verb, resource }) => {
      const resourceAttributes = { namespace: target.namespace, verb, resource };
      const content = { apiVersion: api, kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
      const answer = await post(connection, { path: `/apis/${api}/selfsubjectaccessreviews`, content }, signal);
      if (answer.status !== 201) throw unexpected(target, answer.status);
      return {
        permission: `${verb} ${resource}`,
        isAllowed: AccessReview.parse(JSON.parse(answer.text)).status.allowed,
      };
    }),
  );
}

function post(
  connection: Connection,
  { path, content }: { readonly path: string; readonly content: object },
  signal: AbortSignal,
) {
  const body = JSON.stringify(content);
  return connection.request({ method: 'POST', path, body, contentType: 'application/json' }, signal);
}

/** On EKS the role was assumed and the cluster was found, so only the access entry can be wrong. */
function unauthorized(target: Target, purpose: Purpose, cause: DeployError): DeployError {
  const { name, cluster } = target;
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
    message: `cluster ${cluster.name} does not recognize ${purpose.role(target)}: it has no access entry, or the entry belongs to a deleted role of the same name`,
    remedy:
      'Delete the access entry (aws eks delete-access-entry) and deploy the stack of infra/cluster-access.yml again, which creates role and entry together.',
  });
}

function unexpected({ name, cluster }: Target, status: number): DeployError {
  return new DeployError('cluster-unreachable', {
    subject: `target ${name}`,
    message: `cluster ${cluster.name} returned status ${status} for an access review`,
    remedy: 'Check the API server, and any proxy in front of it.',
  });
}
