import { carriesDigest, textFor, versionIn } from '../edit/reference.ts';
import type { WrittenReference, ImageVersion } from '../edit/reference.ts';
import type { IndexedFile } from './branch-memory.ts';
import type { ImagePolicy } from '../../config/checked/config.ts';

/** A reference in a file. */
export interface ReferenceIn {
  readonly path: string;
  readonly reference: WrittenReference;
}

export function referencesTo(image: string, files: ReadonlyMap<string, IndexedFile>): readonly ReferenceIn[] {
  return [...files].flatMap(([path, { references }]) =>
    references.filter((reference) => reference.image === image).map((reference) => ({ path, reference })),
  );
}

/** Whether the digest of the wanted tag has to be known to decide what is outdated. */
export function needsDigest(policy: ImagePolicy, references: readonly ReferenceIn[]): boolean {
  return policy.policy.kind === 'digest' || references.some(({ reference }) => carriesDigest(reference));
}

/** Does the reference have this version? A tag that is written with its digest and moves is not followed, unless the policy says so. */
export function isAt(reference: WrittenReference, version: ImageVersion, policy: ImagePolicy): boolean {
  const isByTag = !version.isPinned && (reference.part === 'reference' || reference.part === 'tag');
  const current = versionIn(reference);
  const isDigestAlone = reference.part === 'reference' && current?.includes(':') === true;
  return isByTag && !isDigestAlone && isNamedSo(reference, policy)
    ? current === version.tag
    : textFor(reference, version, policy) === reference.text;
}

/** A marker may be on a reference to another image, which is replaced. */
function isNamedSo(reference: WrittenReference, policy: ImagePolicy): boolean {
  const same = textFor(reference, { tag: versionIn(reference) ?? '', digest: null, isPinned: false }, policy);
  return reference.part !== 'reference' || reference.text.includes('@') || same === reference.text;
}

/** The references that do not have the version. A digest beside a tag is right as long as the tag is. */
export function outdated(
  references: readonly ReferenceIn[],
  version: ImageVersion,
  policy: ImagePolicy,
): readonly ReferenceIn[] {
  const isCurrent = ({ reference }: ReferenceIn) => isAt(reference, version, policy);
  const tagged = (path: string) =>
    references.filter((each) => each.path === path && each.reference.hasDigestBeside && each.reference.part === 'tag');
  return references.filter((each) => {
    if (isCurrent(each)) return false;
    const beside = version.isPinned || each.reference.part !== 'digest' ? [] : tagged(each.path);
    return beside.length === 0 || !beside.every(isCurrent);
  });
}

/** As it is recorded: a tag, with its digest where the policy pins it. */
export function formatVersion({ tag, digest, isPinned }: ImageVersion): string {
  return isPinned && digest !== null ? `${tag}@${digest}` : tag;
}

export function parseVersion(text: string): ImageVersion {
  const at = text.indexOf('@');
  return at === -1
    ? { tag: text, digest: null, isPinned: false }
    : { tag: text.slice(0, at), digest: text.slice(at + 1), isPinned: true };
}

/** What the references have now, each once, for people and for the record. */
export function versionsIn(references: readonly ReferenceIn[], isPinned: boolean): readonly string[] {
  const texts = references.flatMap(({ reference }) => {
    if (reference.part === 'name' || (reference.part === 'digest' && !isPinned)) return [];
    const version = versionIn(reference) ?? '';
    const digest = /@(.*)$/.exec(reference.text)?.[1];
    return [isPinned && digest !== undefined && !version.includes(':') ? `${version}@${digest}` : version];
  });
  const distinct = [...new Set(texts)];
  if (distinct.length > 0) return distinct;
  return [...new Set(references.flatMap(({ reference }) => versionIn(reference) ?? []))];
}
