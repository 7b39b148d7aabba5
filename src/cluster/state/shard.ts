import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { DeployError } from '../../error/deploy-error.ts';
import type { Entry } from '../../state/inventory.ts';
import type { SeenVersion } from '../../state/seen-version.ts';

export interface Layout {
  /** Up to this size the inventory is stored on the parent: about 32 KB compressed, as cheap to write as a small object. */
  readonly inlineEntries: number;
  readonly entriesPerShard: number;
}

export const LAYOUT: Layout = { inlineEntries: 400, entriesPerShard: 300 };

/** For 300,000 objects while a new layout replaces the old one. A longer list is not Headgate's; each name costs a request. */
const MAX_SHARDS = 2000;

/** Gzip expands a thousandfold, and a ConfigMap holds 1 MB: about 20,000 entries are enough for the objects of one file. */
const MAX_INFLATED_BYTES = 8 * 2 ** 20;
/** About 150,000 entries in one run. */
const MAX_INFLATED_TOTAL = 64 * 2 ** 20;

/** The number of shards for an inventory of this size; 0: it is stored on the parent. */
export function shardCount(entries: number, { inlineEntries, entriesPerShard }: Layout = LAYOUT): number {
  return entries <= inlineEntries ? 0 : Math.ceil(entries / entriesPerShard);
}

/** The index of the shard that holds a file's or an object's entries. */
export function shardOf(key: string, count: number): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0) % count;
}

/** Is it a list of shards of this parent? Their names become paths of requests, also of deletes. */
export function areShardsOf(parent: string, names: readonly string[]): boolean {
  const isShard = (name: string) =>
    name.startsWith(`${parent}.`) && /^[1-9]\d{0,8}$/.test(name.slice(parent.length + 1));
  return names.length <= MAX_SHARDS && new Set(names).size === names.length && names.every((name) => isShard(name));
}

/** Pending: 0 for no, 1, or the former file. An object that was released is never pending. */
const Mark = z.union([z.literal(0), z.literal(1), z.string(), z.object({ releasedTo: z.string() })]);
type Mark = z.infer<typeof Mark>;

const Row = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.nullable(z.string()),
  z.nullable(z.string()),
  z.nullable(z.string()),
  z.nullable(z.string()),
  Mark,
]);

/** Base64 of gzipped rows, for a ConfigMap's `binaryData`. */
export function encodeEntries(entries: readonly Entry[]): string {
  const rows = entries.map(({ id, apiVersion, file, uid, hash, managedFieldsHash, version, pending, releasedTo }) => [
    id.group,
    id.kind,
    id.namespace,
    id.name,
    apiVersion,
    file,
    uid,
    hash,
    managedFieldsHash,
    version === null ? null : encodeVersion(version),
    releasedTo === null ? encodePending(pending) : { releasedTo },
  ]);
  return gzipSync(JSON.stringify(rows), { level: 6 }).toString('base64');
}

/** Inflates the texts of one run, within the limits of each and of all. */
export function inflater(): (compressed: Uint8Array) => Buffer {
  let leftBytes = MAX_INFLATED_TOTAL;
  return (compressed) => {
    const inflated = gunzipSync(compressed, { maxOutputLength: Math.min(leftBytes, MAX_INFLATED_BYTES) });
    leftBytes -= inflated.length;
    return inflated;
  };
}

/** @throws DeployError `state-invalid` if it is not in this version's format. */
export function decodeEntries(text: string, subject: string, inflate = inflater()): readonly Entry[] {
  try {
    const rows = z.array(Row).parse(JSON.parse(inflate(Buffer.from(text, 'base64')).toString()));
    return rows.map(
      ([group, kind, namespace, name, apiVersion, file, uid, hash, managedFieldsHash, version, mark]) => ({
        id: { group, kind, namespace, name },
        apiVersion,
        file,
        uid,
        hash,
        managedFieldsHash,
        version: version === null ? null : decodeVersion(version),
        ...decodeMark(mark),
      }),
    );
  } catch (cause) {
    throw new DeployError('state-invalid', {
      subject,
      message: 'has an unreadable inventory: it was written by another version of Headgate, or edited',
      remedy: `Run the version that wrote it, or delete ${subject} to rebuild the inventory from the labels in the cluster.`,
      cause,
    });
  }
}

function encodePending(pending: Entry['pending']): Mark {
  return pending === null ? 0 : (pending.from ?? 1);
}

function decodeMark(mark: Mark): Pick<Entry, 'pending' | 'releasedTo'> {
  if (typeof mark === 'object') return { pending: null, ...mark };
  return { pending: mark === 0 ? null : { from: mark === 1 ? null : mark }, releasedTo: null };
}

const FINISHED = ' finished';

/** `g7`: the generation; `r345`: the resourceVersion; followed by ` finished` if that was seen; `any`. */
function encodeVersion(version: SeenVersion): string {
  switch (version.kind) {
    case 'any':
      return 'any';
    case 'finished':
      return FINISHED;
    case 'generation':
    case 'resourceVersion':
      return `${version.kind === 'generation' ? 'g' : 'r'}${version.value}${version.hasFinished ? FINISHED : ''}`;
    default:
      return version satisfies never;
  }
}

/** @throws Error for any other text. */
function decodeVersion(text: string): SeenVersion {
  if (text === 'any') return { kind: 'any' };
  if (text === FINISHED) return { kind: 'finished' };
  const [, letter, value, finished] = /^([gr])(\S*)( finished)?$/.exec(text) ?? [];
  if (letter === undefined || value === undefined) throw new Error(`unknown version of an object: ${text}`);
  return { kind: letter === 'g' ? 'generation' : 'resourceVersion', value, hasFinished: finished !== undefined };
}
