import { parseImageReference } from '../../../src/config/images/image-reference.ts';
import { findReferences } from '../../../src/images/edit/find-references.ts';
import { markedImages } from '../../../src/images/edit/markers.ts';
import { textFor } from '../../../src/images/edit/reference.ts';
import type { ImageVersion, SoughtImage } from '../../../src/images/edit/reference.ts';
import { replaceReferences } from '../../../src/images/edit/replace.ts';

export const DIGEST = `sha256:${'ab'.repeat(32)}`;

export function sought(name: string, image: string, jsonPaths: SoughtImage['jsonPaths'] = []): SoughtImage {
  const parsed = parseImageReference(image);
  if (parsed === null) throw new Error(`${image} is not an image`);
  return { name, image: parsed, jsonPaths };
}

export const WEB = sought('web', 'ghcr.io/acme/web');

/** The file after every reference was set to the version; a string that begins with `skipped:` when it is not read. */
export function edited(text: string, version: Partial<ImageVersion> = {}, image: SoughtImage = WEB): string {
  const found = findReferences(text, { images: [image], marked: markedImages(text) });
  if (found.kind === 'skipped') return `skipped: ${found.reason}`;
  const to = { tag: '1.3.0', digest: DIGEST, isPinned: false, ...version };
  const replacements = found.references.map((reference) => ({ reference, to: textFor(reference, to, image) ?? '' }));
  return replaceReferences(text, replacements);
}
