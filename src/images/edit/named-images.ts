import { isMap, isSeq } from 'yaml';
import { formatImage, parseImageReference } from '../../config/images/image-reference.ts';
import { TooMuchWork, fieldOf, parseFile, textOfNode } from './nodes.ts';
import type { ParsedDocument } from './nodes.ts';

/** The keys whose values may name an image, alone or with others of the same map. */
const NAMES: ReadonlySet<string> = new Set(['image', 'reference', 'newName', 'name', 'repository']);

/**
 * Every image that a file may name, as `registry/repository`. `findReferences` decides which of them it does: a name may be
 * that of anything. Empty for what is not YAML.
 */
export function namedImages(text: string): readonly string[] {
  const file = parseFile(text);
  if ('reason' in file) return [];
  try {
    return [...new Set(file.documents.flatMap((document) => inDocument(document)))];
  } catch (thrown) {
    if (thrown instanceof TooMuchWork) return [];
    throw thrown;
  }
}

function inDocument(document: ParsedDocument): readonly string[] {
  const found: string[] = [];
  const ahead: unknown[] = [document.root];
  while (ahead.length > 0) {
    const node = ahead.pop();
    if (isSeq(node)) ahead.push(...node.items);
    if (!isMap(node)) continue;
    const registry = textOfNode(fieldOf(node, 'registry', document)) ?? '';
    for (const { key, value } of node.items) {
      ahead.push(value);
      const name = textOfNode(key) ?? '';
      const text = textOfNode(document.resolved(value)) ?? '';
      if (!NAMES.has(name) && !name.endsWith('Image')) continue;
      found.push(...imageIn(text), ...(registry === '' ? [] : imageIn(`${registry}/${text}`)));
    }
  }
  return found;
}

function imageIn(text: string): readonly string[] {
  const image = parseImageReference(text);
  return image === null ? [] : [formatImage(image)];
}
