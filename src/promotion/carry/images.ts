import type { WrittenReference, ImageVersion, SoughtImage } from '../../images/edit/reference.ts';
import { splitTagText, textFor, versionIn } from '../../images/edit/reference.ts';
import { replaceReferences } from '../../images/edit/replace.ts';
import type { Replacement } from '../../images/edit/replace.ts';
import type { Carried, Changes, Edit, LeftOut } from './carried.ts';

/** A file and what it has of images. */
export interface ReferringFile {
  readonly path: string;
  readonly text: string;
  readonly references: readonly WrittenReference[];
}

/** The version of each image that the files of a stage name. */
export function carriedImages(files: readonly ReferringFile[]): {
  readonly carried: readonly Carried[];
  readonly leftOut: readonly LeftOut[];
} {
  const carried: Carried[] = [];
  const leftOut: LeftOut[] = [];
  const all = files.flatMap(({ references }) => references);
  for (const [key, own] of Map.groupBy(all, ({ image }) => image)) {
    const tags = distinct(own.map((each) => tagOf(each)));
    const digests = distinct(own.map((each) => digestOf(each)));
    if (tags.length > 1 || digests.length > 1) {
      leftOut.push({ key, reason: `several versions in one stage: ${(tags.length > 1 ? tags : digests).join(', ')}` });
      continue;
    }
    const image = { tag: tags[0] ?? '', digest: digests[0] ?? null, isPinned: digests.length > 0 };
    if (image.tag !== '' || image.digest !== null) carried.push({ key, version: formatVersion(image), image });
  }
  return { carried, leftOut };
}

/** What gives the images of a stage these versions. An image that only one of the stages has does not move. */
export function imageChanges(
  carried: readonly Carried[],
  files: readonly ReferringFile[],
  sought: readonly SoughtImage[],
): Changes {
  const edits: Edit[] = [];
  const leftOut: LeftOut[] = [];
  const replacements: (Replacement & { readonly path: string })[] = [];
  for (const { key, version, image } of carried) {
    const named = sought.find(({ name }) => name === key);
    if (image === null || named === undefined) continue;
    const places = files.flatMap(({ path, references }) =>
      references.filter((each) => each.image === key).map((reference) => ({ path, reference })),
    );
    const wanted = places.map(({ path, reference }) => ({ path, reference, to: textWith(reference, image, named) }));
    const unclear = wanted.find(({ to }) => to === null);
    if (unclear !== undefined) {
      const { path, reference } = unclear;
      const part = reference.text.includes('@') || reference.part === 'digest' ? 'digest' : 'tag';
      leftOut.push({ key, reason: `${path}:${reference.line} has a ${part}, but the previous stage has none` });
      continue;
    }
    for (const { path, reference, to } of wanted) {
      if (to === null || to === reference.text) continue;
      replacements.push({ path, reference, to });
      edits.push({ key, path, line: reference.line, from: textOf(reference), to: version });
    }
  }
  return { edits, files: editedFiles(replacements, files), leftOut };
}

/** Null: it has a part that the version does not have. */
function textWith(reference: WrittenReference, version: ImageVersion, image: SoughtImage): string | null {
  const needsTag = reference.part === 'tag' || (reference.part === 'reference' && tagOf(reference) !== null);
  return needsTag && version.tag === '' ? null : textFor(reference, version, image);
}

function editedFiles(
  replacements: readonly (Replacement & { readonly path: string })[],
  files: readonly ReferringFile[],
): ReadonlyMap<string, Uint8Array> {
  const textsByPath = new Map(files.map(({ path, text }) => [path, text]));
  return new Map(
    [...Map.groupBy(replacements, ({ path }) => path)].map(([path, own]) => [
      path,
      Buffer.from(replaceReferences(textsByPath.get(path) ?? '', own)),
    ]),
  );
}

/** As it is recorded: `1.2.0`, `1.2.0@sha256:…` or `sha256:…`. */
function formatVersion({ tag, digest }: ImageVersion): string {
  if (digest === null) return tag;
  return tag === '' ? digest : `${tag}@${digest}`;
}

function textOf(reference: WrittenReference): string {
  return formatVersion({ tag: tagOf(reference) ?? '', digest: digestOf(reference), isPinned: false });
}

function tagOf(reference: WrittenReference): string | null {
  const version = reference.part === 'digest' ? null : versionIn(reference);
  return version?.includes(':') === true ? null : version;
}

function digestOf({ part, text }: WrittenReference): string | null {
  if (part === 'digest') return text;
  if (part === 'tag') return splitTagText(text)?.digest ?? null;
  const at = text.indexOf('@');
  return at === -1 ? null : text.slice(at + 1);
}

function distinct(texts: readonly (string | null)[]): readonly string[] {
  return [...new Set(texts)].filter((text) => text !== null);
}
