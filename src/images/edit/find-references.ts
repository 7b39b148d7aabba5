import { isMap, isSeq } from 'yaml';
import { TooMuchWork, fieldOf, isPlacedScalar, itemsOf, parseFile, textOfNode } from './nodes.ts';
import type { ParsedDocument, ParsedFile, PlacedScalar } from './nodes.ts';
import { findMarked } from './markers.ts';
import { isOfImage, referenceAt, splitTagText } from './reference.ts';
import type { WrittenReference, Part, SoughtImage } from './reference.ts';

/** `marked`: images that some file has a marker for, and that are changed only where one is. */
export interface Sought {
  readonly images: readonly SoughtImage[];
  readonly marked: ReadonlySet<string>;
}

export type FoundReferences =
  | { readonly kind: 'read'; readonly references: readonly WrittenReference[] }
  /** It names one of the images, and is not read. */
  | { readonly kind: 'skipped'; readonly reason: string };

const NOTHING: FoundReferences = { kind: 'read', references: [] };

/** Every reference of a file to one of the images, in the order of the file. */
export function findReferences(text: string, { images, marked }: Sought): FoundReferences {
  // Most files name none of them, and are not parsed.
  const named = images.filter((image) => isNamedIn(text, image, marked));
  if (named.length === 0) return NOTHING;
  const file = parseFile(text);
  if ('reason' in file) return { kind: 'skipped', reason: file.reason };
  try {
    return { kind: 'read', references: referencesIn(file, named, marked) };
  } catch (thrown) {
    if (thrown instanceof TooMuchWork) return { kind: 'skipped', reason: 'its maps merge too many others' };
    throw thrown;
  }
}

function referencesIn(
  file: ParsedFile,
  images: readonly SoughtImage[],
  marked: ReadonlySet<string>,
): readonly WrittenReference[] {
  const [own, free] = [true, false].map((isMarked) => images.filter(({ name }) => marked.has(name) === isMarked));
  const found = [
    ...findMarked(file, new Set(own?.map(({ name }) => name))),
    ...file.documents.flatMap((document) => inDocument(document, { file, images: free ?? [] })),
  ];
  // An anchor is found again at each of its aliases.
  const byPlace = new Map(found.map((reference) => [reference.start, reference]));
  return [...byPlace.values()].toSorted((a, b) => a.start - b.start);
}

/** The last part of its name is in every reference, however its registry and folder are written. */
function isNamedIn(text: string, { name, image, jsonPaths }: SoughtImage, marked: ReadonlySet<string>): boolean {
  if (marked.has(name)) return text.includes('$imagepolicy') && text.includes(name);
  const last = image.repository.slice(image.repository.lastIndexOf('/') + 1);
  return text.includes(last) || (jsonPaths.length > 0 && text.includes(image.repository));
}

interface Search {
  readonly file: ParsedFile;
  readonly images: readonly SoughtImage[];
}

/** Where the walk is. In a manifest, only known places name an image; in values of Helm, the shape of a value does. */
type Meaning = 'manifest' | 'values';

const CONTAINERS: ReadonlySet<string> = new Set(['containers', 'initContainers', 'ephemeralContainers']);
/** The keys under which kustomizations, Argo CD and Flux have the values of a chart. */
const VALUES: ReadonlySet<string> = new Set(['valuesInline', 'valuesObject']);

function inDocument(document: ParsedDocument, search: Search): readonly WrittenReference[] {
  const { root } = document;
  const isObject = (node: unknown) =>
    fieldOf(node, 'apiVersion', document) !== undefined && fieldOf(node, 'kind', document) !== undefined;
  const kindOf = (node: unknown) => textOfNode(fieldOf(node, 'kind', document)) ?? '';
  const found: WrittenReference[] = [];
  const start: Meaning = isObject(root) ? 'manifest' : 'values';
  const ahead: { node: unknown; key: string; meaning: Meaning }[] = [{ node: root, key: '', meaning: start }];
  while (ahead.length > 0) {
    const { node, key, meaning } = ahead.pop() ?? { node: null, key: '', meaning: start };
    if (isSeq(node)) {
      for (const item of node.items) ahead.push({ node: item, key, meaning });
      continue;
    }
    if (!isMap(node)) continue;
    found.push(...inMap({ map: node, key, meaning, document }, search));
    for (const pair of node.items) {
      const below = textOfNode(pair.key) ?? '';
      const isValues = VALUES.has(below) || (below === 'values' && kindOf(root) === 'HelmRelease');
      ahead.push({ node: pair.value, key: below, meaning: isValues ? 'values' : meaning });
    }
  }
  for (const object of [root, ...itemsOf(fieldOf(root, 'items', document), document)])
    found.push(...atJsonPaths(object, kindOf(object), { document, search }));
  return found;
}

interface Place {
  readonly map: unknown;
  /** The key that the map is the value of, directly or within a list. */
  readonly key: string;
  readonly meaning: Meaning;
  readonly document: ParsedDocument;
}

function inMap(place: Place, search: Search): readonly WrittenReference[] {
  const { map, key, meaning, document } = place;
  const found: WrittenReference[] = [];
  if (isMap(map))
    for (const pair of map.items) {
      const below = textOfNode(pair.key) ?? '';
      const items = CONTAINERS.has(below) ? itemsOf(pair.value, document) : [];
      for (const item of items) found.push(...asReference(fieldOf(item, 'image', document), search));
      const isImage = meaning === 'values' && /^image$|Image$/.test(below);
      if (isImage) found.push(...asReference(document.resolved(pair.value), search));
    }
  // https://kubernetes.io/docs/tasks/configure-pod-container/image-volumes/
  if (key === 'image') found.push(...asReference(fieldOf(map, 'reference', document), search));
  if (key === 'images') found.push(...asTransformer(map, { document, search }));
  if (meaning === 'values') found.push(...asValues(map, key, { document, search }));
  return found;
}

function asReference(node: unknown, { file, images }: Search): readonly WrittenReference[] {
  const text = textOfNode(node);
  if (text === null || !isPlacedScalar(node)) return [];
  const image = images.find((each) => isOfImage(text, each));
  // Without a tag or a digest it names no version: a base has it so on purpose.
  const hasVersion = /[:@][^/]*$/.test(text);
  return image === undefined || !hasVersion ? [] : [placed(node, { image, part: 'reference' }, file)];
}

interface Reading {
  readonly document: ParsedDocument;
  readonly search: Search;
}

/** An entry of `images` in a kustomization: its new name, or else its name, is what is deployed. */
function asTransformer(map: unknown, { document, search }: Reading): readonly WrittenReference[] {
  const name = textOfNode(fieldOf(map, 'newName', document)) ?? textOfNode(fieldOf(map, 'name', document));
  return asParts({ map, name, tagKey: 'newTag' }, { document, search });
}

/** The usual shapes of a chart's values: `{ repository, tag }`, with or without `registry` and `digest`. */
function asValues(map: unknown, key: string, { document, search }: Reading): readonly WrittenReference[] {
  const read = (field: string) => textOfNode(fieldOf(map, field, document)) ?? '';
  const repository = read('repository') || (/image$/i.test(key) ? read('name') : '');
  const registry = read('registry');
  const name = registry === '' ? repository : `${registry}/${repository}`;
  return repository === '' ? [] : asParts({ map, name, tagKey: 'tag' }, { document, search });
}

function asParts(
  { map, name, tagKey }: { readonly map: unknown; readonly name: string | null; readonly tagKey: string },
  { document, search: { file, images } }: Reading,
): readonly WrittenReference[] {
  const image = name === null ? undefined : images.find((each) => isOfImage(name, each));
  if (image === undefined) return [];
  const [tag, digest] = [tagKey, 'digest'].map((key) => fieldOf(map, key, document));
  const hasDigest = isPlacedScalar(digest) && textOfNode(digest) !== '';
  const hasTag = isPlacedScalar(tag) && splitTagText(textOfNode(tag) ?? '') !== null;
  return [
    ...(hasTag ? [placed(tag, { image, part: 'tag', hasDigestBeside: hasDigest }, file)] : []),
    ...(hasDigest ? [placed(digest, { image, part: 'digest' }, file)] : []),
  ];
}

/** The fields of custom resources that headgate.yml lists for an image. */
function atJsonPaths(object: unknown, kind: string, { document, search }: Reading): readonly WrittenReference[] {
  return search.images.flatMap((image) =>
    image.jsonPaths
      .filter((each) => each.kind === kind)
      .flatMap(({ path }) => {
        const node = atPointer(object, path, document);
        const own = { ...search, images: [image] };
        return isMap(node) ? asValues(node, 'image', { document, search: own }) : asReference(node, own);
      }),
  );
}

/** RFC 6901. */
function atPointer(object: unknown, pointer: string, document: ParsedDocument): unknown {
  const keys = pointer.split('/').slice(1);
  return keys.reduce<unknown>((node, written) => {
    const key = written.replaceAll('~1', '/').replaceAll('~0', '~');
    return isSeq(node) ? document.resolved(node.items[Number(key)]) : fieldOf(node, key, document);
  }, object);
}

function placed(
  scalar: PlacedScalar,
  { image, part, hasDigestBeside = false }: { image: SoughtImage; part: Part; hasDigestBeside?: boolean },
  { lineOf }: ParsedFile,
): WrittenReference {
  return referenceAt(scalar, { image: image.name, part, hasDigestBeside, lineOf });
}
