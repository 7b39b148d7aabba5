import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Hold } from '../../state/hold.ts';
import { NOTHING_RECORDED } from '../../state/target-state.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Entry } from '../../state/inventory.ts';
import { parseJson, stringifyJson } from '../../resource/json.ts';
import { isObject, metadataMap, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import type { Connection, Fence, KubeAnswer } from '../api/connection.ts';
import { deleteRequest } from '../api/delete-request.ts';
import { pathSegment } from '../api/kinds.ts';
import { METADATA_LIST, METADATA_ONLY, notTheObject } from '../api/metadata.ts';
import { LAST_COMMAND, holdAnnotations } from './hold-annotation.ts';
import { parentName, readParent, writeParent } from './parent.ts';
import type { Parent } from './parent.ts';
import { decodeEntries, encodeEntries, inflater } from './shard.ts';
import { problemOf } from '../api/status.ts';

/** A part of the inventory, as stored in the cluster. */
export interface Shard {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly entries: readonly Entry[];
}

/** The ConfigMaps of one target. Every write names the version it is based on, so that runs cannot overwrite each other. */
export interface StateStore {
  readParent(signal: AbortSignal): Promise<Parent | null>;
  writeParent(base: Parent | null, state: TargetState, signal: AbortSignal): Promise<Parent>;
  /** Sets or ends the hold and nothing else, also while a run holds the lease. @throws DeployError `lease-lost` when the parent changed. */
  writeHold(base: Parent | null, change: WrittenHold, signal: AbortSignal): Promise<void>;
  /** The uid of the parent that was last read or written; null if there is none, or it was not read yet. */
  parentUid(): string | null;
  /** Null if it does not exist. */
  readShard(name: string, signal: AbortSignal): Promise<Shard | null>;
  writeShard(base: Shard | string, entries: readonly Entry[], writing: Writing): Promise<Shard>;
  deleteShard(name: string, writing: Writing): Promise<void>;
  /** Deletes every object of the state, the parent last. */
  deleteAll(signal: AbortSignal): Promise<void>;
}

interface WrittenHold {
  readonly hold: Hold | null;
  /** Null: what the parent has stays. */
  readonly lastCommand: string | null;
}

/** `held`: the lease. A write of the parent needs none: it takes and renews the lease itself. */
interface Writing {
  readonly held: Fence | null;
  readonly signal: AbortSignal;
}

export function stateStore(connection: Connection, target: Target): StateStore {
  const collection = `/api/v1/namespaces/${target.namespace}/configmaps`;
  const pathOf = (name: string) => `${collection}/${pathSegment(name)}`;
  const parent = parentName(target.name);
  const inflate = inflater();
  let parentUid: string | null = null;

  async function read(name: string, signal: AbortSignal): Promise<JsonObject | null> {
    const answer = await connection.request({ method: 'GET', path: pathOf(name) }, signal);
    if (answer.status === 404) return null;
    return objectOf(answer, subjectOf(name));
  }

  async function readMetadata(name: string, signal: AbortSignal): Promise<JsonObject | null> {
    const answer = await connection.request({ method: 'GET', path: pathOf(name), accept: METADATA_ONLY }, signal);
    return answer.status === 404 ? null : objectOf(answer, subjectOf(name));
  }

  /** A POST for a new object, otherwise a merge patch bound to the uid and version that were read. */
  async function write(base: Version | null, content: JsonObject, { held, signal }: Writing): Promise<Version> {
    const name = nameOf(content);
    const request = base === null ? postOf(content) : patchOf(base, content);
    const answer = await connection.request(held === null ? request : { ...request, fence: held }, signal);
    if (answer.status !== 409 && (answer.status !== 404 || base === null))
      return versionOf(await objectOf(answer, subjectOf(name)));
    // A conflict with our own write, if its response was lost and it was sent again.
    const stored = await read(name, signal);
    if (stored === null || !isWritten(stored, content)) throw overtaken(name);
    return versionOf(stored);
  }

  function postOf(content: JsonObject) {
    return {
      method: 'POST',
      path: `${collection}?fieldManager=headgate`,
      body: stringifyJson(withoutNulls(content)),
      contentType: 'application/json',
      accept: METADATA_ONLY,
      isRepeatable: true,
    } as const;
  }

  function patchOf(base: Version, content: JsonObject) {
    const metadata = isObject(content['metadata']) ? content['metadata'] : {};
    return {
      method: 'PATCH',
      path: `${pathOf(nameOf(content))}?fieldManager=headgate`,
      body: stringifyJson({
        ...content,
        metadata: { ...metadata, uid: base.uid, resourceVersion: base.resourceVersion },
      }),
      contentType: 'application/merge-patch+json',
      accept: METADATA_ONLY,
    } as const;
  }

  function subjectOf(name: string): string {
    return `ConfigMap ${target.namespace}/${name}`;
  }

  function overtaken(name: string): DeployError {
    return new DeployError('lease-lost', {
      subject: subjectOf(name),
      message: 'was changed by another run',
      remedy: 'Wait for the retry, which starts from the current state.',
    });
  }

  /** Deletes exactly the object that was read. */
  async function remove(object: JsonObject, { held, signal }: Writing): Promise<void> {
    const name = nameOf(object);
    const request = deleteRequest(pathOf(name), versionOf(object), false);
    const answer = await connection.request(held === null ? request : { ...request, fence: held }, signal);
    if (answer.status !== 404) await objectOf(answer, subjectOf(name));
  }

  /** The ConfigMaps that belong to this parent, including shards that a killed run left behind. */
  async function storedParts(signal: AbortSignal): Promise<readonly JsonObject[]> {
    const path = `${collection}?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dheadgate`;
    const answer = await connection.request({ method: 'GET', path, accept: METADATA_LIST }, signal);
    const { items } = await objectOf(answer, `ConfigMaps of ${target.namespace}`);
    return (Array.isArray(items) ? items : []).filter((item) => isObject(item)).filter((item) => isPart(item, parent));
  }

  return {
    async readParent(signal) {
      const object = await read(parent, signal);
      const found = object === null ? null : readParent(object, target);
      parentUid = found?.uid ?? null;
      return found;
    },
    async writeParent(base, state, signal) {
      const content = writeParent(state, target, base?.state.history ?? null);
      const version = await write(base, content, { held: null, signal });
      parentUid = version.uid;
      return { ...version, state };
    },
    async writeHold(base, { hold, lastCommand }, signal) {
      const command = lastCommand === null ? {} : { [LAST_COMMAND]: lastCommand };
      const patch = { metadata: { name: parent, annotations: { ...holdAnnotations(hold), ...command } } };
      let version: Version | null = base;
      // The parent is created first, without the hold: a hold is always written together with its command.
      version ??= await write(null, writeParent(NOTHING_RECORDED, target, null), { held: null, signal });
      parentUid = (await write(version, patch, { held: null, signal })).uid;
    },
    parentUid: () => parentUid,
    async readShard(name, signal) {
      const object = await read(name, signal);
      return object === null
        ? null
        : { ...versionOf(object), name, entries: entriesOf(object, subjectOf(name), inflate) };
    },
    async writeShard(base, entries, writing) {
      const name = typeof base === 'string' ? base : base.name;
      const content = shardContent({ name, entries, target });
      if (typeof base !== 'string') return { ...(await write(base, content, writing)), name, entries };
      // A run that was killed before the parent listed its shards leaves them behind, and their names are reused.
      const leftover = await read(name, writing.signal);
      return { ...(await write(leftover === null ? null : versionOf(leftover), content, writing)), name, entries };
    },
    async deleteShard(name, writing) {
      const shard = await readMetadata(name, writing.signal);
      if (shard !== null && isPart(shard, parent)) await remove(shard, writing);
    },
    async deleteAll(signal) {
      const parts = await storedParts(signal);
      await Promise.all(parts.map((part) => remove(part, { held: null, signal })));
      const last = await readMetadata(parent, signal);
      if (last !== null) await remove(last, { held: null, signal });
    },
  };
}

interface Version {
  readonly uid: string;
  readonly resourceVersion: string;
}

function shardContent({
  name,
  entries,
  target,
}: {
  name: string;
  entries: readonly Entry[];
  target: Target;
}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: target.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'headgate' },
      annotations: { 'headgate.dev/format': '1', 'headgate.dev/parent': parentName(target.name) },
    },
    binaryData: { inventory: encodeEntries(entries) },
  };
}

async function objectOf(answer: KubeAnswer, subject: string): Promise<JsonObject> {
  if (answer.status >= 300) throw await problemOf(answer, { subject, secret: false, request: 'state' });
  const object = parseJson(answer.text);
  return isObject(object) ? object : {};
}

function versionOf(object: JsonObject): Version {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const version = { uid: textOf(metadata['uid']), resourceVersion: textOf(metadata['resourceVersion']) };
  if (version.uid === '' || version.resourceVersion === '') throw notTheObject(`ConfigMap ${nameOf(object)}`);
  return version;
}

/** The name alone proves little: a person may have created a ConfigMap of that name. */
function isPart(object: JsonObject, parent: string): boolean {
  return (
    nameOf(object).startsWith(`${parent}.`) && metadataMap(object, 'annotations')['headgate.dev/parent'] === parent
  );
}

function nameOf(content: JsonObject): string {
  const metadata = isObject(content['metadata']) ? content['metadata'] : {};
  return textOf(metadata['name']);
}

function entriesOf(object: JsonObject, subject: string, inflate: ReturnType<typeof inflater>): readonly Entry[] {
  const data = isObject(object['binaryData']) ? object['binaryData'] : {};
  return decodeEntries(textOf(data['inventory']), subject, inflate);
}

/** Does the stored object contain everything in `content`? */
function isWritten(stored: Json, content: Json): boolean {
  if (!isObject(content)) return stored === content;
  const object = isObject(stored) ? stored : {};
  return Object.entries(content).every(([key, value]) => isWritten(object[key] ?? null, value));
}

/** In a merge patch null deletes; in a new object it has no meaning. */
function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, isObject(value) ? withoutNulls(value) : value]),
  );
}
