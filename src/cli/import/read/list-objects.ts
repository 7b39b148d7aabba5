import { wait } from '../../../app/wait.ts';
import { openSessions } from '../../../cluster/api/connection.ts';
import type { Connection } from '../../../cluster/api/connection.ts';
import { collectionPath, kindCache } from '../../../cluster/api/kinds.ts';
import { listAll } from '../../../cluster/api/list.ts';
import { kubeconfigAccess } from '../../../platforms/local/kubeconfig.ts';
import { foreignObject } from '../foreign-object.ts';
import type { ForeignObject } from '../foreign-object.ts';
import type { Remark } from '../remarks.ts';

/** Argo's other products use the same group. */
const KINDS_OF_ARGO: ReadonlySet<string> = new Set(['Application', 'ApplicationSet', 'AppProject']);

export interface ListedObjects {
  readonly objects: readonly ForeignObject[];
  readonly remarks: readonly Remark[];
}

interface Listing {
  readonly tool: 'flux' | 'argocd';
  readonly kubeconfig: string;
  readonly context: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The objects of a tool in all namespaces, by discovery and one list for each kind. Reads no Secrets. */
export async function listObjects(
  { tool, kubeconfig, context, env }: Listing,
  signal: AbortSignal,
): Promise<ListedObjects> {
  const cluster = {
    kind: 'kubeconfig',
    name: context,
    path: kubeconfig,
    secret: null,
    context,
    insecure: false,
  } as const;
  // The kubeconfig is a file.
  const readSecret = () => Promise.reject(new TypeError('an import reads no secret'));
  const access = await kubeconfigAccess(cluster, { env, readSecret });
  const sessions = openSessions();
  try {
    const userAgent = () => 'headgate import';
    const connection = sessions.connect(access, { userAgent, impersonate: null, requestTimeoutMs: 30_000, wait });
    const kinds = (await kindCache().all(connection, signal)).filter(({ group, kind }) =>
      tool === 'flux' ? group.endsWith('.toolkit.fluxcd.io') : group === 'argoproj.io' && KINDS_OF_ARGO.has(kind),
    );
    const listed = await Promise.all(kinds.map((kind) => listKind(kind, connection, signal)));
    return { objects: listed.flatMap(({ objects }) => objects), remarks: listed.flatMap(({ remarks }) => remarks) };
  } finally {
    sessions.close();
  }
}

async function listKind(
  kind: Parameters<typeof collectionPath>[0] & {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  },
  connection: Connection,
  signal: AbortSignal,
): Promise<ListedObjects> {
  const path = `${collectionPath(kind, '')}?`;
  const { found, refusal } = await listAll({ path, accept: 'application/json' }, connection, signal);
  const objects = found.map((object) =>
    foreignObject({ apiVersion: `${kind.group}/${kind.version}`, kind: kind.kind, namespace: null, object }, null),
  );
  if (refusal === null) return { objects, remarks: [] };
  const message = `The API server refuses to list it (${refusal.status}). Use a context that may list ${kind.kind} in all namespaces.`;
  return { objects, remarks: [{ kind: 'untranslated', object: kind.kind, file: null, field: 'kind', message }] };
}
