import { isMap, isSeq } from 'yaml';
import { isPlacedScalar } from './nodes.ts';
import type { ParsedFile, PlacedScalar } from './nodes.ts';
import { referenceAt } from './reference.ts';
import type { WrittenReference, Part } from './reference.ts';

/** Flux's comment behind a scalar: `# {"$imagepolicy": "flux-system:web:tag"}`. */
const MARKER = /"\$imagepolicy"\s*:\s*"([^":]+):([^":]+)(?::(tag|name|digest))?"/;
const BEHIND = /^[ \t]+#[^\r\n]*/;

const PARTS: Readonly<Record<string, Part>> = { tag: 'tag', name: 'name', digest: 'digest' };

/** The images that markers of the file name. Without parsing it. */
export function markedImages(text: string): ReadonlySet<string> {
  if (!text.includes('$imagepolicy')) return new Set();
  return new Set([...text.matchAll(new RegExp(MARKER, 'g'))].map(([, , image = '']) => image));
}

/** What the markers of these images are on. The namespace before the image is Flux's own, and is not compared. */
export function findMarked(file: ParsedFile, images: ReadonlySet<string>): readonly WrittenReference[] {
  if (images.size === 0) return [];
  const marked = valuesOf(file).flatMap(({ scalar, parent }) => {
    const comment = BEHIND.exec(file.text.slice(scalar.range[1], endOfLine(file.text, scalar.range[1])))?.[0] ?? '';
    const [, , image = '', named = ''] = MARKER.exec(comment) ?? [];
    return images.has(image) ? [{ scalar, parent, image, part: PARTS[named] ?? 'reference' }] : [];
  });
  return marked.map(({ scalar, parent, image, part }) => {
    const isDigestOfIt = (each: (typeof marked)[number]) =>
      each.part === 'digest' && each.parent === parent && each.image === image;
    return referenceAt(scalar, { image, part, hasDigestBeside: marked.some(isDigestOfIt), lineOf: file.lineOf });
  });
}

function endOfLine(text: string, from: number): number {
  const lineBreak = /[\r\n]/g;
  lineBreak.lastIndex = from;
  return lineBreak.exec(text)?.index ?? text.length;
}

interface Value {
  readonly scalar: PlacedScalar;
  /** The map or list that it is in. */
  readonly parent: unknown;
}

/** Every scalar of the file that is not a key, in the order of the file. */
function valuesOf({ documents }: ParsedFile): readonly Value[] {
  const found: Value[] = [];
  const ahead: { node: unknown; parent: unknown }[] = documents
    .map(({ root }) => ({ node: root, parent: null }))
    .toReversed();
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const { node, parent } = next;
    if (isPlacedScalar(node)) found.push({ scalar: node, parent });
    if (isSeq(node)) for (const item of node.items.toReversed()) ahead.push({ node: item, parent: node });
    if (isMap(node)) for (const pair of node.items.toReversed()) ahead.push({ node: pair.value, parent: node });
  }
  return found;
}
