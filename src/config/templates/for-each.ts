import type { TargetTemplate } from '../checked/config.ts';
import { directoryAbove, matchDirectory } from '../written/directory-glob.ts';
import { fill } from '../written/placeholders.ts';
import type { Words } from '../written/placeholders.ts';

/** The directory of a template that a changed file lies in; null when there is none. */
export function directoryOf(template: TargetTemplate, file: string): string | null {
  const directory = directoryAbove(template.forEach.directories, file);
  return directory === file ? null : directory;
}

/** What a template's templates come to for one directory; null when the directory is not the template's. */
export interface Filled {
  readonly name: string;
  /** Of the target's cluster. */
  readonly cluster: string;
  readonly namespace: string;
  readonly path: string;
}

export function fillTemplate({ name, forEach, templates }: TargetTemplate, directory: string): Filled | null {
  const first = matchDirectory(forEach.directories, directory);
  if (first === null) return null;
  const segments = directory.split('/');
  const own = [...segments.entries()].map(([index, segment]) => [`segment.${index}`, segment] as const);
  const words: Words = new Map([...own, ['basename', segments.at(-1) ?? '']]);
  // Within `cluster` itself there is no cluster yet: there it is what the first * stands for.
  const cluster = fill(templates.cluster, new Map([...words, ['cluster', first]]));
  const all = new Map([...words, ['cluster', cluster]]);
  return {
    name: fill(name, all),
    cluster,
    namespace: fill(templates.namespace, all),
    path: templates.path === null ? directory : fill(templates.path, all),
  };
}

/** What a target is called in a queue, a log and a status even when its name is none: never the name of another. */
export function shownName(name: string): string {
  return name.slice(0, 100).replaceAll(/[^!-~]/g, '?') || '?';
}
