import { formatImage, isTag, parseImageReference } from '../../config/images/image-reference.ts';
import type { PlacedScalar } from './nodes.ts';
import type { ImagePolicy } from '../../config/checked/config.ts';

/** An image whose references are looked for. */
export type SoughtImage = Pick<ImagePolicy, 'name' | 'image' | 'jsonPaths'>;

/** What a scalar has of an image: all of it, or a part. */
export type Part = 'reference' | 'tag' | 'digest' | 'name';

/** A scalar that names a version of an image. Plain data. */
export interface WrittenReference {
  /** The name of the image in headgate.yml. */
  readonly image: string;
  readonly part: Part;
  /** As the file means it, without quotes. */
  readonly text: string;
  /** 1-based. */
  readonly line: number;
  /** Of the scalar in the text of the file, with its quotes. */
  readonly start: number;
  readonly end: number;
  readonly style: 'plain' | 'single' | 'double' | 'block';
  /** A digest is written beside this tag, so it is not written into it. */
  readonly hasDigestBeside: boolean;
}

/** What is to be written: a tag, and the digest that it has in the registry, where it is known. */
export interface ImageVersion {
  readonly tag: string;
  readonly digest: string | null;
  /** Also where no digest is written yet. */
  readonly isPinned: boolean;
}

/** The parts of what a tag's scalar holds: `1.2.0`, or `1.2.0@sha256:…`. Null: it is not a tag. */
export function splitTagText(text: string): { readonly tag: string; readonly digest: string | null } | null {
  const at = text.indexOf('@');
  const tag = at === -1 ? text : text.slice(0, at);
  return isTag(tag) ? { tag, digest: at === -1 ? null : text.slice(at + 1) } : null;
}

/** Does it name this image, in whatever form? `nginx` is `docker.io/library/nginx`. */
export function isOfImage(reference: string, { image }: Pick<SoughtImage, 'image'>): boolean {
  const parsed = parseImageReference(reference);
  return parsed !== null && parsed.registry === image.registry && parsed.repository === image.repository;
}

/** Whether the digest has to be known before the reference can be changed. */
export function carriesDigest({ part, text }: Pick<WrittenReference, 'part' | 'text'>): boolean {
  return part === 'digest' || ((part === 'reference' || part === 'tag') && text.includes('@'));
}

/** The tag that a reference has; for a digest alone, that; null: it has none. */
export function versionIn({ part, text }: Pick<WrittenReference, 'part' | 'text'>): string | null {
  switch (part) {
    case 'reference': {
      const parsed = parseImageReference(text);
      return parsed?.tag ?? parsed?.digest ?? null;
    }
    case 'tag':
      return splitTagText(text)?.tag ?? null;
    case 'digest':
      return text;
    case 'name':
      return null;
    default:
      return part satisfies never;
  }
}

/** What the scalar is to be; null: that needs a digest, which is not known. */
export function textFor(
  reference: Pick<WrittenReference, 'part' | 'text' | 'hasDigestBeside'>,
  { tag, digest, isPinned }: ImageVersion,
  { image }: Pick<SoughtImage, 'image'>,
): string | null {
  const isWithDigest = carriesDigest(reference) || (isPinned && !reference.hasDigestBeside);
  if (isWithDigest && digest === null && reference.part !== 'name') return null;
  switch (reference.part) {
    case 'reference': {
      const [named = ''] = reference.text.split('@');
      const hasNoTag = parseImageReference(reference.text)?.tag === null;
      const isSame = isOfImage(reference.text, { image });
      const name = isSame ? nameIn(named) : formatImage(image);
      // `web@sha256:…` has no tag, so the digest alone says which version it is.
      const tagged = isSame && hasNoTag && named !== reference.text ? name : `${name}:${tag}`;
      return isWithDigest ? `${tagged}@${digest}` : tagged;
    }
    case 'tag':
      return isWithDigest ? `${tag}@${digest}` : tag;
    case 'digest':
      return digest;
    case 'name':
      return isOfImage(reference.text, { image }) ? reference.text : formatImage(image);
    default:
      return reference.part satisfies never;
  }
}

function nameIn(named: string): string {
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  return colon === -1 ? named : named.slice(0, colon);
}

const STYLES: Readonly<Record<string, WrittenReference['style']>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
};

export function referenceAt(
  scalar: PlacedScalar,
  of: Pick<WrittenReference, 'image' | 'part' | 'hasDigestBeside'> & { readonly lineOf: (offset: number) => number },
): WrittenReference {
  const { lineOf, ...rest } = of;
  const [start, end] = scalar.range;
  const style = STYLES[scalar.type ?? ''] ?? 'block';
  return { ...rest, text: String(scalar.value), line: lineOf(start), start, end, style };
}
