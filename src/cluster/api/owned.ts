import { DeployError } from '../../error/deploy-error.ts';
import type { Entry } from '../../state/inventory.ts';
import { formatId, hidesValues } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';
import type { Connection } from './connection.ts';
import { objectPath, silentApi } from './kinds.ts';
import type { KindCache } from './kinds.ts';
import { METADATA_ONLY, liveOf, metadataOf } from './metadata.ts';
import { isMissingObject, problemOf } from './status.ts';
import type { LiveMetadata } from '../../plan/model/facts.ts';

export interface OwnedContext {
  readonly connection: Connection;
  readonly kinds: KindCache;
}

/** Reads the cluster's discovery if an entry has an unknown kind: a new process knows only the built-in ones. */
export async function ensureKindsKnown(
  entries: readonly Entry[],
  { connection, kinds }: OwnedContext,
  signal: AbortSignal,
): Promise<void> {
  if (entries.some((entry) => kinds.findAny(addressOf(entry)) === null)) await kinds.refresh(connection, signal);
}

/** Reads an object of the inventory in a version that is still served; null if it, or its definition, is gone. */
export async function readOwned(
  entry: Entry,
  { connection, kinds }: OwnedContext,
  signal: AbortSignal,
): Promise<{ readonly path: string; readonly live: LiveMetadata } | null> {
  for (let isRetry = false; ; isRetry = true) {
    const kind = kinds.findAny(addressOf(entry));
    if (kind === null && kinds.isSilent(entry))
      throw new DeployError('cluster-broken', silentApi(entry.apiVersion, formatId(entry.id)));
    if (kind === null) return null;
    const path = objectPath(kind, entry.id);
    const answer = await connection.request({ method: 'GET', path, accept: METADATA_ONLY }, signal);
    if (answer.status < 300) return { path, live: liveOf(metadataOf(answer.text)) };
    if (answer.status !== 404) throw await problemOf(answer, { subject: formatId(entry.id), secret: false });
    if (isRetry || isMissingObject(answer)) return null;
    // It may be served in another version now.
    await kinds.refresh(connection, signal);
  }
}

function addressOf({ apiVersion, id }: Entry) {
  return { apiVersion, kind: id.kind };
}

/** The metadata of a live object; null if it does not exist. */
export async function readLive(
  path: string,
  { context, resource }: { context: Pick<OwnedContext, 'connection'>; resource: Pick<Resource, 'id'> },
  signal: AbortSignal,
): Promise<LiveMetadata | null> {
  const answer = await context.connection.request({ method: 'GET', path, accept: METADATA_ONLY }, signal);
  if (answer.status === 404) return null;
  if (answer.status >= 300)
    throw await problemOf(answer, { subject: formatId(resource.id), secret: hidesValues(resource) });
  return liveOf(metadataOf(answer.text));
}
