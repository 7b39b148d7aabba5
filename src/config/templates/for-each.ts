import type { TargetTemplate } from '../checked/config.ts';
import { directoryAbove, matchDirectory } from '../written/directory-glob.ts';
import { fillPlaceholders } from '../written/placeholders.ts';
import type { PlaceholderValues } from '../written/placeholders.ts';

/** The directory of a template that contains a changed file; null when there is none. */
export function directoryOf(template: TargetTemplate, file: string): string | null {
  const directory = directoryAbove(template.forEach.directories, file);
  return directory === file ? null : directory;
}

/** A template's fields with their placeholders filled in for one directory. */
export interface Filled {
  readonly name: string;
  /** The cluster's name in headgate.yml. */
  readonly cluster: string;
  readonly namespace: string;
  readonly path: string;
}

/** Null when the template does not match the directory. */
export function fillTemplate({ name, forEach, fields }: TargetTemplate, directory: string): Filled | null {
  const first = matchDirectory(forEach.directories, directory);
  if (first === null) return null;
  const segments = directory.split('/');
  const own = [...segments.entries()].map(([index, segment]) => [`segment.${index}`, segment] as const);
  const values: PlaceholderValues = new Map([...own, ['basename', segments.at(-1) ?? '']]);
  // While `cluster` itself is filled in there is no cluster yet: there {{cluster}} is what the first * matched.
  const cluster = fillPlaceholders(fields.cluster, new Map([...values, ['cluster', first]]));
  const all = new Map([...values, ['cluster', cluster]]);
  return {
    name: fillPlaceholders(name, all),
    cluster,
    namespace: fillPlaceholders(fields.namespace, all),
    path: fields.path === null ? directory : fillPlaceholders(fields.path, all),
  };
}

/** A name for queues, logs and statuses even when the target's name is invalid. Never the name of another target. */
export function printableName(name: string): string {
  return name.slice(0, 100).replaceAll(/[^!-~]/g, '?') || '?';
}
