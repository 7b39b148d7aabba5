import { matchName } from '../written/directory-glob.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import { alternativesOf } from '../written/glob.ts';
import { fillPlaceholders } from '../written/placeholders.ts';
import { compileGlob } from './compile-glob.ts';
import type { NamePattern, Repository, Target, TargetSettings, TargetTemplate } from './config.ts';

/** Something that writes to a branch by itself. */
export interface AutomatedWrite {
  readonly repository: Repository;
  readonly branch: string;
  readonly files: readonly WrittenFiles[];
  /** The remedy other than another `via`: how its files and those of the target are kept apart. */
  readonly elsewhere: (target: string) => string;
  /** `via` is not written. */
  readonly isDefault: boolean;
}

/** A name, or the pattern of one. Null: any number of directories. */
type Segment = { readonly literal: string } | { readonly pattern: string } | null;
/** Segment by segment, from the root of the repository. */
type WrittenFiles = readonly Segment[];

/** The files that a glob matches. */
export function filesOfGlob(glob: string): readonly WrittenFiles[] {
  const { alternatives } = compileGlob(glob);
  const texts = alternativesOf(glob) ?? [];
  return alternatives.map((patterns, index) => {
    const names = (texts[index] ?? '').split('/');
    return patterns.map((pattern, at) => segmentOf(pattern, names[at] ?? ''));
  });
}

function segmentOf(pattern: NamePattern, text: string): Segment {
  if (pattern === null) return null;
  return /[*?[\\{}]/.test(text) ? { pattern } : { literal: text };
}

/** All files below a directory. */
export function filesBelow(directory: string): WrittenFiles {
  return [...segmentsOf(directory).map((literal) => ({ literal })), null];
}

export interface Followers {
  /** As they are listed in headgate.yml; null: it has errors, or is of the other kind. */
  readonly targets: readonly (Target | null)[];
  readonly templates: readonly (TargetTemplate | null)[];
}

/**
 * A plan is approved on a pull request, so a commit without one would wait for a command. Only what may write to the files of
 * such a target is refused: other targets of the branch are not affected.
 */
export function refuseUnapproved(
  write: AutomatedWrite,
  followers: Followers,
  { path, findings }: { readonly path: Path; readonly findings: Findings },
): void {
  const approved = approvedIn(followers).find((each) => isConcerned(each, write));
  if (approved === undefined) return;
  const { name, index, settings } = approved;
  const { branch, elsewhere, isDefault } = write;
  const line = findings.lineOf(['targets', index]);
  const { pullRequests, name: repository } = settings.repository;
  const plans = pullRequests.plan ? '' : `, and pullRequests: { plan: true } on ${repository}`;
  findings.error(path, {
    message: `commits to ${branch}${isDefault ? ' by default' : ''}, but ${name} (line ${line}) follows it with approval: plan, and plans are approved on pull requests`,
    remedy: `Set via: pullRequest${plans}, ${elsewhere(name)}, or set approval: none on ${name}.`,
  });
}

interface Approved {
  readonly name: string;
  readonly index: number;
  readonly settings: TargetSettings;
  /** May have `*` for what is known only from Git. */
  readonly directory: string;
}

function approvedIn({ targets, templates }: Followers): readonly Approved[] {
  const own = targets.map((each, index) => each && { name: each.name, index, settings: each, directory: each.path });
  const generated = templates.map(
    (each, index) => each && { name: each.name, index, settings: each.settings, directory: directoriesOf(each) },
  );
  const all = [...own, ...generated].filter((each) => each !== null);
  return all.filter(({ settings }) => settings.approval === 'plan');
}

/** The directories of a template as a glob: a placeholder is the segment of `directories` that it stands for. */
function directoriesOf({ forEach: { directories }, fields: { path } }: TargetTemplate): string {
  if (path === null) return directories;
  const segments = directories.split('/');
  const own = segments.map((segment, index) => [`segment.${index}`, segment] as const);
  return fillPlaceholders(path, new Map([...own, ['basename', segments.at(-1) ?? ''], ['cluster', '*']]));
}

function isConcerned({ settings, directory }: Approved, { repository, branch, files }: AutomatedWrite): boolean {
  if (settings.branch !== branch || !isSameRepository(settings.repository, repository)) return false;
  return files.some(
    (each) =>
      meets(each, segmentsOf(directory), 'directory') ||
      settings.inputs.some((input) => meets(each, segmentsOf(input), 'input')),
  );
}

/** An entry of `repositories` may be a second name of the same repository. */
function isSameRepository(one: Repository, other: Repository): boolean {
  const urlOf = ({ url }: Repository) => url.toLowerCase().replace(/\.git$/, '');
  return urlOf(one) === urlOf(other);
}

function segmentsOf(path: string): readonly string[] {
  return path === '' ? [] : path.split('/');
}

/** Whether a written file may be below a place, or be it. Inputs may be files. */
function meets(files: WrittenFiles, place: readonly string[], kind: 'directory' | 'input'): boolean {
  const [segment, ...rest] = files;
  const [name, ...below] = place;
  if (name === undefined) return kind === 'input' || segment !== undefined;
  if (segment === undefined) return false;
  return segment === null || (fits(segment, name) && meets(rest, below, kind));
}

function fits(segment: NonNullable<Segment>, name: string): boolean {
  if ('literal' in segment) return matchName(name, segment.literal) !== null;
  return name.includes('*') || new RegExp(segment.pattern).test(name);
}
