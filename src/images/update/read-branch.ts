import { excluderOf } from '../../config/derived/excluded.ts';
import type { ExcludeGlob } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { isBelow } from '../../snapshot/source.ts';
import type { Revision, Source, SourceFile } from '../../snapshot/source.ts';
import type { FoundReferences, Sought } from '../edit/find-references.ts';
import { markedImages } from '../edit/markers.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { BranchMemory, BranchSnapshot, IndexedFile } from './branch-memory.ts';
import type { BranchReader, UpdatePorts } from './ports.ts';
import { recordRef } from './record.ts';
import { headOf } from './write-group.ts';
import type { WriteGroup } from './write-group.ts';

/** The tip of a branch, and what it has of the images. */
export interface ReadBranch extends BranchSnapshot {
  /** The record of each image that has one, by ref. */
  readonly recordTips: ReadonlyMap<string, Revision>;
  /** The branch of the pull request; null: it does not exist. */
  readonly headTip: Revision | null;
}

export interface Reading extends Pick<UpdatePorts, 'readers'> {
  readonly reader: BranchReader;
  readonly memory: BranchMemory;
  readonly log: Log;
}

/** One request when nothing was pushed since the last time; else what differs; the first time, everything below the paths. */
export async function readBranch(group: WriteGroup, reading: Reading, signal: AbortSignal): Promise<ReadBranch> {
  const { reader, memory } = reading;
  const recordRefs = group.images.map(({ policy }) => recordRef(policy.name));
  const headRef = `refs/heads/${headOf(group)}`;
  const heads = group.via === 'pullRequest' ? [headRef] : [];
  const tips = await reader.tips([group.ref, ...heads, ...recordRefs], signal);
  const revision = tips.get(group.ref);
  if (revision === undefined) throw branchMissing(group);
  const recordTips = new Map([...tips].filter(([ref]) => recordRefs.includes(ref)));
  const known = memory.snapshot;
  const snapshot = known?.revision === revision ? known : await readSnapshot(group, revision, reading, signal);
  memory.snapshot = sizeOf(snapshot) > REMEMBERED_CHARACTERS ? null : snapshot;
  return { ...snapshot, recordTips, headTip: tips.get(headRef) ?? null };
}

/** Of the files that name an image, together. */
const REMEMBERED_CHARACTERS = 16 * 1024 * 1024;

function sizeOf({ files }: BranchSnapshot): number {
  return [...files.values()].reduce((sum, { text }) => sum + text.length, 0);
}

async function readSnapshot(
  group: WriteGroup,
  revision: Revision,
  reading: Reading,
  signal: AbortSignal,
): Promise<BranchSnapshot> {
  const { memory } = reading;
  const changed = await readFiles(group, { revision, base: memory.snapshot }, reading, signal);
  const snapshot = await indexed(group, { ...changed, revision, base: memory.snapshot }, reading, signal);
  if (snapshot !== null) return snapshot;
  // A marker was added or removed, which changes what counts in the files that have not changed.
  const all = await readFiles(group, { revision, base: null }, reading, signal);
  const again = await indexed(group, { ...all, revision, base: null }, reading, signal);
  if (again === null) throw new Error('a snapshot without a base has no markers from before');
  return again;
}

interface At {
  readonly revision: Revision;
  /** Null: everything is read. */
  readonly base: BranchSnapshot | null;
}

type ReadFiles = Awaited<ReturnType<typeof readFiles>>;

async function readFiles(
  { ref, images }: WriteGroup,
  { revision, base }: At,
  { reader }: Reading,
  signal: AbortSignal,
) {
  const isWanted = matcherOf(images.flatMap(({ paths }) => paths));
  const sources: { readonly directory: string; readonly source: Source }[] = [];
  // One after the other: the second one finds what the first has fetched.
  for (const directory of directoriesOf(images.flatMap(({ paths }) => paths))) {
    const query = { ref, at: revision, path: directory, inputs: [], recorded: {}, hint: null, also: [] };
    const tree = base?.trees.get(directory) ?? null;
    const from = base === null ? null : { revision: base.revision, rootTree: base.rootTree, tree };
    const isRead = (path: string) => mayName(path) && isWanted(path);
    sources.push({ directory, source: await reader.since({ ...query, base: from, isRead }, signal) });
  }
  const rootTree = sources[0]?.source.rootTree ?? (await reader.rootTree(revision, signal));
  return { rootTree, sources };
}

function mayName(path: string): boolean {
  return /\.(ya?ml|json)$|(^|\/)Kustomization$/.test(path);
}

/** Null: the markers are others than at the base. */
async function indexed(
  { images }: WriteGroup,
  { rootTree, sources, revision, base }: ReadFiles & At,
  { log, readers }: Reading,
  signal: AbortSignal,
): Promise<BranchSnapshot | null> {
  const files = new Map(base?.files);
  const read: (Pick<IndexedFile, 'text' | 'marked'> & { readonly path: string })[] = [];
  for (const { directory, source } of sources) {
    const isReplaced = (path: string) => source.complete && isBelow(path, directory);
    for (const path of files.keys()) if (isReplaced(path)) files.delete(path);
    for (const file of source.files) {
      files.delete(file.path);
      const text = textOf(file, log);
      if (text !== null) read.push({ path: file.path, text, marked: markedImages(text) });
    }
  }
  const marked = new Set([
    ...[...files.values()].flatMap((file) => [...file.marked]),
    ...read.flatMap((file) => [...file.marked]),
  ]);
  if (base !== null && marked.symmetricDifference(base.marked).size > 0) return null;
  const sought = images.map(({ policy, paths }) => ({ policy, isWanted: matcherOf(paths) }));
  for (const { path, ...file } of read) {
    const own = sought.filter(({ isWanted }) => isWanted(path)).map(({ policy }) => policy);
    const found = await referencesIn(file.text, { images: own, marked }, readers, signal);
    if (found.kind === 'skipped') log({ level: 'warn', message: 'image-file-skipped', path, reason: found.reason });
    const references = found.kind === 'read' ? found.references : [];
    if (references.length > 0 || file.marked.size > 0) files.set(path, { ...file, references });
  }
  const trees = new Map(sources.map(({ directory, source }) => [directory, source.tree]));
  return { revision, rootTree, trees, files, marked };
}

/** Other runs of the process continue in between. An input that takes too much memory or time is skipped. */
export async function referencesIn(
  text: string,
  { images, marked }: Sought,
  { findReferences }: UpdatePorts['readers'],
  signal: AbortSignal,
): Promise<FoundReferences> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  const plain = images.map(({ name, image, jsonPaths }) => ({ name, image, jsonPaths }));
  try {
    return await findReferences([text, { images: plain, marked }], signal);
  } catch (thrown) {
    if (thrown instanceof DeployError && thrown.code === 'render-limit')
      return { kind: 'skipped', reason: thrown.message };
    throw thrown;
  }
}

/** Null: not a file, or not text, so that it could not be written back as it is. */
function textOf(file: SourceFile, log: Log): string | null {
  const skipped = (reason: string) => {
    log({ level: 'warn', message: 'image-file-skipped', path: file.path, reason });
    return null;
  };
  if (file.kind === 'refused') return skipped(`it is refused: ${file.reason}`);
  if (file.kind !== 'file') return null;
  const text = Buffer.from(file.bytes).toString();
  return Buffer.from(text).equals(file.bytes) ? text : skipped('it is not UTF-8');
}

function matcherOf(paths: readonly ExcludeGlob[]): (file: string) => boolean {
  return excluderOf({ path: '', exclude: paths });
}

/** The deepest directories that contain everything that the globs may match. */
export function directoriesOf(paths: readonly ExcludeGlob[]): readonly string[] {
  const all = paths.map(({ glob }) => {
    const names = glob.replace(/^\//, '').split('/');
    const first = names.findIndex((name) => /[*?[\]{}\\!]/.test(name));
    return names.slice(0, first === -1 ? names.length - 1 : first).join('/');
  });
  const distinct = [...new Set(all)];
  return distinct.filter((directory) => !distinct.some((other) => other !== directory && isBelow(directory, other)));
}

function branchMissing({ ref, repository }: WriteGroup): DeployError {
  return new DeployError('ref-missing', {
    subject: ref,
    message: `${ref} does not exist in ${repository.name}`,
    remedy: 'Fix branch in writes of the image in headgate.yml, or push the branch.',
  });
}
