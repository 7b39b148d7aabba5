import * as z from 'zod/mini';
import type {
  ExposedObjects,
  PreviewNamespace,
  PreviewNamespaces,
  PreviewRecord,
} from '../../deploy/ports/previews/preview-namespaces.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { isObject, metadataMap, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import type { Connection, KubeAnswer } from '../api/connection.ts';
import { confirmDeleted, deleteRequest } from '../api/delete-request.ts';
import { listAll } from '../api/list.ts';
import { answeredObject, METADATA_LIST, METADATA_ONLY, STORED } from '../api/metadata.ts';
import { problemOf } from '../api/status.ts';

const MARK = 'headgate.dev/preview';
/** Apart from the manager of manifests, which would remove what a manifest does not have. */
const MANAGER = 'headgate-previews';

/**
 * `uid`: of the namespace, so that a copy is not taken for it. Null until it is known: it is written right after the namespace
 * was created, unless the process dies in between.
 */
const Stored = z.object({
  repository: z.string(),
  pullRequest: z.int(),
  preview: z.string(),
  head: z.string(),
  since: z.string(),
  uid: z.nullable(z.string()),
});

type StoredRecord = PreviewRecord & { readonly uid: string | null };

interface Found {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Null: it is not as Headgate writes it. */
  readonly stored: StoredRecord | null;
  /** Headgate itself wrote the record of this object, and nothing has replaced it since. */
  readonly isWrittenHere: boolean;
  readonly isTerminating: boolean;
}

export function previewNamespaces(connection: Connection): PreviewNamespaces {
  async function read(name: string, signal: AbortSignal): Promise<Found | null> {
    const answer = await connection.request({ method: 'GET', path: pathOf(name), accept: METADATA_ONLY }, signal);
    if (answer.status === 404) return null;
    return foundIn(await accepted(answer, name));
  }

  async function write(at: Pick<Found, 'name' | 'uid'>, record: PreviewRecord, signal: AbortSignal): Promise<void> {
    const annotations = { [MARK]: JSON.stringify({ ...record, uid: at.uid }) };
    const answer = await connection.request(
      {
        method: 'PATCH',
        path: `${pathOf(at.name)}?fieldManager=${MANAGER}`,
        // With the uid, so that a namespace that was created meanwhile is not changed.
        body: JSON.stringify({ metadata: { uid: at.uid, annotations } }),
        contentType: 'application/merge-patch+json',
        accept: METADATA_ONLY,
      },
      signal,
    );
    await accepted(answer, at.name);
  }

  return {
    async list(signal) {
      const path = `/api/v1/namespaces?labelSelector=${encodeURIComponent(MARK)}&`;
      const { found, refusal } = await listAll({ path, accept: METADATA_LIST }, connection, signal);
      if (refusal !== null) throw await problemOf(refusal, { subject: 'Namespaces of previews', secret: false });
      return found.flatMap(({ metadata }) => (isObject(metadata) ? (asPreview(foundOf(metadata)) ?? []) : []));
    },
    isFree: async (namespace, signal) => (await read(namespace, signal)) === null,
    async create(namespace, { name, record }, signal) {
      const annotations = { [MARK]: JSON.stringify({ ...record, uid: null }) };
      const metadata = { name: namespace, labels: { [MARK]: name }, annotations };
      const answer = await connection.request(
        {
          method: 'POST',
          path: `/api/v1/namespaces?fieldManager=${MANAGER}`,
          body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata }),
          contentType: 'application/json',
          accept: METADATA_ONLY,
        },
        signal,
      );
      const found = answer.status === 409 ? await read(namespace, signal) : foundIn(await accepted(answer, namespace));
      if (found === null) throw stillDeleting(namespace);
      const known = asPreview(found);
      if (known === null || !isSame(known.record, record)) return null;
      if (found.isTerminating) throw stillDeleting(namespace);
      return known;
    },
    record: write,
    async remove({ name, uid, record }, signal) {
      const found = await read(name, signal);
      const known = found === null ? null : asPreview(found);
      const isOurs = known?.uid === uid && isSame(known.record, record);
      if (found === null || !isOurs || found.isTerminating) return;
      const answer = await connection.request(deleteRequest(pathOf(name), found, true), signal);
      if (answer.status === 404) return;
      confirmDeleted(await accepted(answer, name), { uid, subject: `Namespace ${name}` });
    },
    async exposed(namespace, signal) {
      const [ingresses, routes, services] = await Promise.all(
        EXPOSING.map((resource) => listIn(resource, namespace, { connection, signal })),
      );
      return { ingresses: ingresses ?? [], routes: routes ?? [], services: services ?? [] } satisfies ExposedObjects;
    },
  };
}

const EXPOSING = [
  '/apis/networking.k8s.io/v1/namespaces/NAMESPACE/ingresses',
  '/apis/gateway.networking.k8s.io/v1/namespaces/NAMESPACE/httproutes',
  '/api/v1/namespaces/NAMESPACE/services',
] as const;

/** Empty where the kind is not served, or must not be read: the address is only shown. */
async function listIn(
  resource: string,
  namespace: string,
  { connection, signal }: { readonly connection: Connection; readonly signal: AbortSignal },
): Promise<readonly JsonObject[]> {
  const path = `${resource.replace('NAMESPACE', namespace)}?`;
  const { found, refusal } = await listAll({ path, accept: 'application/json' }, connection, signal);
  if (refusal === null || [403, 404, 405].includes(refusal.status)) return found;
  throw await problemOf(refusal, { subject: `address of namespace ${namespace}`, secret: false });
}

function pathOf(name: string): string {
  return `/api/v1/namespaces/${name}`;
}

async function accepted(answer: KubeAnswer, name: string): Promise<string> {
  if (answer.status < 300) return answer.text;
  throw await problemOf(answer, { subject: `Namespace ${name}`, secret: false });
}

function foundIn(text: string): Found {
  return foundOf(answeredObject(text, { subject: 'Namespace', fields: STORED }).metadata);
}

function foundOf(metadata: JsonObject): Found {
  const label = metadataMap({ metadata }, 'labels')[MARK];
  const annotation = metadataMap({ metadata }, 'annotations')[MARK] ?? '';
  return {
    name: textOf(metadata['name']),
    uid: textOf(metadata['uid']),
    resourceVersion: textOf(metadata['resourceVersion']),
    stored: label === undefined ? null : readRecord(annotation),
    isWrittenHere: ownsRecord(metadata['managedFields']),
    isTerminating: typeof metadata['deletionTimestamp'] === 'string',
  };
}

function readRecord(text: string): StoredRecord | null {
  try {
    return z.safeParse(Stored, JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * A copy, such as one that a backup restored, has the uid of the original. A record without a uid could be copied too, so it
 * counts only where the API server says that Headgate wrote it: an account that creates or restores an object owns the fields that it
 * is created with, also when managedFields were copied. Nothing was deployed to such a namespace: the uid is recorded first.
 */
function asPreview({ name, uid, stored, isWrittenHere, isTerminating }: Found): PreviewNamespace | null {
  if (stored === null) return null;
  const { uid: recorded, ...record } = stored;
  if (recorded === null ? !isWrittenHere : recorded !== uid) return null;
  return { name, uid, record, isComplete: recorded !== null, isTerminating };
}

function ownsRecord(managedFields: Json | undefined): boolean {
  const entries = Array.isArray(managedFields) ? managedFields : [];
  const owners = entries.filter((entry) => {
    const annotations = fieldsOf(fieldsOf(fieldsOf(entry, 'fieldsV1'), 'f:metadata'), 'f:annotations');
    return isObject(annotations) && Object.hasOwn(annotations, `f:${MARK}`);
  });
  return owners.length === 1 && owners.every((entry) => isObject(entry) && entry['manager'] === MANAGER);
}

function fieldsOf(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}

function isSame(stored: PreviewRecord, { repository, pullRequest, preview }: PreviewRecord): boolean {
  return stored.repository === repository && stored.pullRequest === pullRequest && stored.preview === preview;
}

function stillDeleting(name: string): DeployError {
  return new DeployError('still-deleting', {
    subject: `Namespace ${name}`,
    message: 'is still being deleted',
    remedy: 'Wait for the retry. If that takes long, check the controllers that own the finalizers of its objects.',
  });
}
