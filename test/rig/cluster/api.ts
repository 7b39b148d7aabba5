import { readFile } from 'node:fs/promises';
import { openSessions } from '../../../src/cluster/api/connection.ts';
import { parseJson, stringifyJson } from '../../../src/resource/json.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { wait } from '../../../src/app/wait.ts';
import type { ClusterAddress } from './control-plane.ts';

/** Direct access to the cluster for tests: kubectl takes a tenth of a second per call. */
export interface Api {
  get(path: string): Promise<JsonObject | null>;
  create(path: string, object: JsonObject): Promise<void>;
  patch(path: string, change: JsonObject): Promise<void>;
  /** A PATCH of any kind, which may be refused; the path names the field manager. Returns the HTTP status. */
  patchAs(type: PatchType, path: string, body: JsonObject): Promise<number>;
  remove(path: string): Promise<void>;
  close(): void;
}

export type PatchType = 'merge-patch' | 'strategic-merge-patch' | 'apply-patch';

const PEOPLE = 'kubectl-of-a-person';

const CORE = '/api/v1';
const COLLECTIONS: Readonly<Record<string, readonly [api: string, plural: string]>> = {
  configmap: [CORE, 'configmaps'],
  deployment: ['/apis/apps/v1', 'deployments'],
  job: ['/apis/batch/v1', 'jobs'],
  pvc: [CORE, 'persistentvolumeclaims'],
  resourcequota: [CORE, 'resourcequotas'],
  rolebinding: ['/apis/rbac.authorization.k8s.io/v1', 'rolebindings'],
  secret: [CORE, 'secrets'],
  service: [CORE, 'services'],
};

/** Where the API has the objects of a kind, by kubectl's name of it; null for kinds that tests rarely read. */
export function collectionOf(kind: string, namespace: string): string | null {
  const [api, plural] = COLLECTIONS[kind] ?? [];
  return api === undefined ? null : `${api}/namespaces/${namespace}/${plural}`;
}

export async function openApi(cluster: ClusterAddress): Promise<Api> {
  const [ca, cert, key] = await Promise.all(
    [cluster.caFile, cluster.adminCert, cluster.adminKey].map((file) => readFile(file, 'utf8')),
  );
  const sessions = openSessions();
  const access = {
    server: cluster.server,
    ca: ca ?? null,
    tlsServerName: null,
    clientCertificate: { cert: cert ?? '', key: key ?? '' },
    token: null,
    renew: null,
  };
  const userAgent = () => PEOPLE;
  const connection = sessions.connect(access, { userAgent, impersonate: null, requestTimeoutMs: 20_000, wait });
  const signal = new AbortController().signal;
  const change = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, body: JsonObject | null, type: string) => {
    const sent = body === null ? {} : { body: stringifyJson(body), contentType: type };
    const { status, text } = await connection.request({ method, path, ...sent }, signal);
    if (status >= 300 && status !== 404) throw new Error(`${method} ${path}: ${status} ${text}`);
  };
  return {
    async get(path) {
      const { status, text } = await connection.request({ method: 'GET', path }, signal);
      if (status === 404) return null;
      if (status >= 300) throw new Error(`GET ${path}: ${status} ${text}`);
      return parseJson(text) as JsonObject;
    },
    create: (path, object) => change('POST', `${path}?fieldManager=person`, object, 'application/json'),
    async patchAs(type, path, body) {
      const contentType = `application/${type}+${type === 'apply-patch' ? 'yaml' : 'json'}`;
      const request = { method: 'PATCH', path, body: stringifyJson(body), contentType } as const;
      return (await connection.request(request, signal)).status;
    },
    patch: (path, object) => change('PATCH', `${path}?fieldManager=person`, object, 'application/merge-patch+json'),
    remove: (path) => change('DELETE', path, null, ''),
    close: () => sessions.close(),
  };
}
