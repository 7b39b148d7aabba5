import type { TargetEntry } from './check-settings.ts';
import type { TargetTemplate } from './config.ts';
import { isNamespace, isTargetName } from '../written/names.ts';
import { nearest } from '../written/nearest.ts';
import { directoryError } from '../written/path.ts';
import { NAME } from '../written/shape.ts';
import { hasPlaceholder, replacePlaceholders, placeholdersIn } from '../written/placeholders.ts';

/** Rules for the text around a field's placeholders; `text` has an x in place of each. Null: valid. */
const LITERAL_RULES: Readonly<Record<string, (text: string) => string | null>> = {
  name: (text) => (isTargetName(text) ? null : 'is not a valid target name, whatever its placeholders resolve to'),
  path: directoryError,
  namespace: (text) => (isNamespace(text) ? null : 'is not a valid namespace, whatever its placeholders resolve to'),
  cluster: (text) => (NAME.test(text) ? null : 'is not a valid cluster name, whatever its placeholders resolve to'),
};

/** `directories`: null when they are invalid, and so the number of segments is unknown. */
export function checkPlaceholders(
  raw: Readonly<Record<string, unknown>>,
  directories: string | null,
  { path, findings }: TargetEntry,
): void {
  const depth = directories?.split('/').length ?? null;
  const known = ['cluster', 'basename', ...Array.from({ length: depth ?? 1 }, (_, index) => `segment.${index}`)];
  for (const [key, errorOf] of Object.entries(LITERAL_RULES)) {
    const text = raw[key];
    if (typeof text !== 'string') continue;
    const at = [...path, key];
    for (const unknown of placeholdersIn(text).filter((each) => !isKnownPlaceholder(each, { known, depth }))) {
      const suggestion = nearest(unknown, known);
      const all = known.map((each) => `{{${each}}}`).join(', ');
      const remedy = suggestion === null ? `Use one of ${all}.` : `Did you mean {{${suggestion}}}?`;
      findings.error(at, { message: 'has an unknown placeholder', remedy });
    }
    const rest = replacePlaceholders(text, 'x');
    const message = /\{\{|\}\}/.test(rest) ? 'has braces that do not form a placeholder' : errorOf(rest);
    if (message !== null) findings.error(at, { message, remedy: `Write it as ${EXAMPLES[key] ?? ''}.` });
  }
  const { name } = raw;
  if (typeof name !== 'string' || hasPlaceholder(name)) return;
  const remedy = 'Add placeholders that make it unique, such as "{{basename}}-{{cluster}}".';
  findings.error([...path, 'name'], { message: 'has no placeholder, so every directory would get this name', remedy });
}

const EXAMPLES: Readonly<Record<string, string>> = {
  name: '"{{basename}}-{{cluster}}"',
  path: '"clusters/{{cluster}}/apps/{{basename}}", or remove it',
  namespace: '"{{basename}}"',
  cluster: '"{{segment.1}}"',
};

function isKnownPlaceholder(
  name: string,
  { known, depth }: { known: readonly string[]; depth: number | null },
): boolean {
  return known.includes(name) || (depth === null && /^segment\.\d+$/.test(name));
}

/** Directories that differ only in segments the name does not use resolve to one name, and are then refused. */
export function warnAmbiguousName({ name, forEach, fields }: TargetTemplate, { path, findings }: TargetEntry): void {
  const patterns = forEach.directories.split('/');
  const first = patterns.findIndex((pattern) => pattern.includes('*'));
  const inCluster = placeholdersIn(fields.cluster).map((each) => (each === 'cluster' ? `segment.${first}` : each));
  const inName = new Set(placeholdersIn(name).flatMap((each) => (each === 'cluster' ? inCluster : [each])));
  const isUsed = (index: number) =>
    inName.has(`segment.${index}`) || (index === patterns.length - 1 && inName.has('basename'));
  const unused = patterns.findIndex((pattern, index) => pattern.includes('*') && !isUsed(index));
  if (unused === -1) return;
  findings.warn([...path, 'name'], {
    message: `is the same for directories that differ only in segment ${unused}, and those are refused`,
    remedy: `Add {{segment.${unused}}} to it, unless there are no such directories.`,
  });
}
