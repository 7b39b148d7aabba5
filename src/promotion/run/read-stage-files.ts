import type { Carry, Target } from '../../config/checked/config.ts';
import { parseImageReference, formatImage } from '../../config/images/image-reference.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { SoughtImage } from '../../images/edit/reference.ts';
import { referencesIn } from '../../images/update/read-branch.ts';
import type { ObjectId, Revision } from '../../snapshot/source.ts';
import type { ReferringFile } from '../carry/images.ts';
import type { StagePath } from '../carry/paths.ts';
import type { PromotionPorts, StageReader } from './ports.ts';

/** A commit of the repository of a stage. */
export interface StageAt {
  readonly target: Target;
  readonly revision: Revision;
  readonly reader: StageReader;
}

/** A file below the path of a stage. */
interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Every file that may name an image. */
export async function readTexts(
  { target, revision, reader }: StageAt,
  signal: AbortSignal,
): Promise<{ readonly rootTree: ObjectId; readonly texts: readonly TextFile[] }> {
  const { ref, path } = target;
  const query = { ref, at: revision, path, inputs: [], recorded: {}, base: null, hint: null, also: [] };
  const { rootTree, files } = await reader.since({ ...query, isRead: mayNameImages }, signal);
  const texts = files.flatMap((file) => {
    const text = file.kind === 'file' ? textOf(file.bytes) : null;
    return text === null ? [] : [{ path: file.path, text }];
  });
  return { rootTree, texts };
}

function mayNameImages(path: string): boolean {
  return /\.(?:ya?ml|json)$|(?:^|\/)Kustomization$/.test(path);
}

/** The images that these files name. */
export async function soughtIn(
  texts: readonly TextFile[],
  { readers, images }: Pick<PromotionPorts, 'readers' | 'images'>,
  signal: AbortSignal,
): Promise<readonly SoughtImage[]> {
  const names = new Set<string>();
  for (const { text } of texts) {
    if (!/image|newTag|repository/i.test(text)) continue;
    const named = await orIfTooLarge(readers.namedImages([text], signal), []);
    for (const name of named) names.add(name);
  }
  return [...names].flatMap((name) => {
    const image = parseImageReference(name);
    if (image === null) return [];
    const policies = [...images.values()].filter((policy) => formatImage(policy.image) === name);
    return [{ name, image, jsonPaths: policies.flatMap(({ jsonPaths }) => jsonPaths) }];
  });
}

export async function withReferences(
  texts: readonly TextFile[],
  sought: readonly SoughtImage[],
  { ports: { readers }, signal }: { readonly ports: Pick<PromotionPorts, 'readers'>; readonly signal: AbortSignal },
): Promise<readonly ReferringFile[]> {
  const files: ReferringFile[] = [];
  for (const { path, text } of texts) {
    // Markers are for the images of headgate.yml alone.
    const found = await referencesIn(text, { images: sought, marked: new Set() }, readers, signal);
    if (found.kind === 'read' && found.references.length > 0) files.push({ path, text, references: found.references });
  }
  return files;
}

/** The listed files and values of a stage. */
export async function readPaths(
  { target, revision, reader }: StageAt,
  { rootTree, carry }: { readonly rootTree: ObjectId; readonly carry: Extract<Carry, { kind: 'paths' }> },
  { ports: { readers }, signal }: { readonly ports: Pick<PromotionPorts, 'readers'>; readonly signal: AbortSignal },
): Promise<readonly StagePath[]> {
  const wanted = [
    ...carry.files.map((file) => ({ key: file, file, keys: null })),
    ...carry.values.map(({ file, keys }) => ({ key: `${file}#${keys.join('.')}`, file, keys })),
  ];
  const pathOf = (file: string) => (target.path === '' ? file : `${target.path}/${file}`);
  const read = await reader.files({ revision, rootTree }, [...new Set(wanted.map(({ file }) => pathOf(file)))], signal);
  const paths: StagePath[] = [];
  for (const { key, file, keys } of wanted) {
    const path = pathOf(file);
    const found = read.find((each) => each.path === path);
    const content = found?.kind === 'file' ? { oid: found.oid, bytes: found.bytes } : null;
    const isValue = keys !== null && content !== null;
    const scalar = isValue ? await scalarIn(content.bytes, keys, { readers, signal }) : null;
    paths.push({ key, path, content, scalar });
  }
  return paths;
}

async function scalarIn(
  bytes: Uint8Array,
  keys: readonly string[],
  { readers, signal }: Pick<PromotionPorts, 'readers'> & { readonly signal: AbortSignal },
): Promise<StagePath['scalar']> {
  const text = textOf(bytes);
  if (text === null) return { kind: 'missing', reason: 'it is not UTF-8' };
  return orIfTooLarge(readers.scalarAt([text, keys], signal), { kind: 'missing', reason: 'it is too large' });
}

async function orIfTooLarge<T>(work: Promise<T>, instead: T): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof DeployError && thrown.code === 'render-limit') return instead;
    throw thrown;
  }
}

/** Null: not text, so that it could not be written back as it is. */
function textOf(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString();
  return Buffer.from(text).equals(bytes) ? text : null;
}
