import { deserialize, serialize } from 'node:v8';
import type { Manifest } from '../resource/resource.ts';
import type { ReaderFunctions } from '../deploy/ports/readers.ts';
import type { ReaderName } from './functions.ts';

/** A call of one of the functions. */
export interface Call {
  readonly name: ReaderName;
  readonly parameters: Parameters<ReaderFunctions[ReaderName]>;
}

/** Serialized: structured cloning would copy the whole memory that a small buffer is a part of. */
export function writeCall(call: Call): Uint8Array<ArrayBuffer> {
  return ownBytes(serialize(call));
}

export function readCall(bytes: Uint8Array): Call {
  const call: Call = deserialize(bytes);
  return call;
}

/** Reading this much takes the receiving event loop a few milliseconds. */
const PART_VALUES = 10_000;

interface WithManifests {
  readonly manifests: readonly Manifest[];
}

/** A result in parts, so that the receiver can do something else between them: its manifests, and then the rest. */
export function* writeResult(result: unknown): Generator<Uint8Array<ArrayBuffer>> {
  if (!hasManifests(result)) {
    yield ownBytes(serialize(result));
    return;
  }
  let part: Manifest[] = [];
  let values = 0;
  for (const manifest of result.manifests) {
    part.push(manifest);
    values += valuesIn(manifest.object);
    if (values < PART_VALUES) continue;
    yield ownBytes(serialize(part));
    part = [];
    values = 0;
  }
  yield ownBytes(serialize(part));
  yield ownBytes(serialize({ ...result, manifests: [] }));
}

/** `pause`: called between two parts. */
export async function readResult<T>(parts: readonly Uint8Array[], pause: () => Promise<void>): Promise<T> {
  const manifests: Manifest[] = [];
  for (const part of parts.slice(0, -1)) {
    const some: readonly Manifest[] = deserialize(part);
    for (const manifest of some) manifests.push(manifest);
    await pause();
  }
  const last: T = deserialize(parts.at(-1) ?? new Uint8Array());
  return hasManifests(last) ? { ...last, manifests } : last;
}

function hasManifests<T>(result: T): result is T & WithManifests {
  return typeof result === 'object' && result !== null && 'manifests' in result;
}

/** A serialized Buffer may be a part of a larger one, which cannot be transferred. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}

function valuesIn(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / 100;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, each) => sum + valuesIn(each), 1);
}
