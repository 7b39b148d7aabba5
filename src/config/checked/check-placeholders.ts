import type { Entry } from './check-settings.ts';
import type { TargetTemplate } from './config.ts';
import { isNamespace, isTargetName } from '../written/names.ts';
import { nearest } from '../written/nearest.ts';
import { directoryMistake } from '../written/path.ts';
import { NAME } from '../written/shape.ts';
import { hasTemplate, withoutTemplates, wordsIn } from '../written/placeholders.ts';

/** What may be written around the templates of a key; `text` has an x in place of each. Null: anything is well. */
const AROUND: Readonly<Record<string, (text: string) => string | null>> = {
  name: (text) => (isTargetName(text) ? null : 'is no name of a target, whatever its templates come to'),
  path: directoryMistake,
  namespace: (text) => (isNamespace(text) ? null : 'is no name of a namespace, whatever its templates come to'),
  cluster: (text) => (NAME.test(text) ? null : 'is no name of a cluster, whatever its templates come to'),
};

/** `directories`: null when they are wrong, and so is nobody's knowledge how many segments there are. */
export function checkPlaceholders(
  raw: Readonly<Record<string, unknown>>,
  directories: string | null,
  { path, findings }: Entry,
): void {
  const depth = directories?.split('/').length ?? null;
  const known = ['cluster', 'basename', ...Array.from({ length: depth ?? 1 }, (_, index) => `segment.${index}`)];
  for (const [key, mistakeOf] of Object.entries(AROUND)) {
    const text = raw[key];
    if (typeof text !== 'string') continue;
    const at = [...path, key];
    for (const word of wordsIn(text).filter((each) => !isKnown(each, { known, depth }))) {
      const meant = nearest(word, known);
      const all = known.map((each) => `{{${each}}}`).join(', ');
      const remedy = meant === null ? `Known here: ${all}.` : `Did you mean {{${meant}}}?`;
      findings.mistake(at, { message: 'has a template that is not known', remedy });
    }
    const rest = withoutTemplates(text, 'x');
    const message = /\{\{|\}\}/.test(rest) ? 'has braces that make no template' : mistakeOf(rest);
    if (message !== null) findings.mistake(at, { message, remedy: `Write it as ${EXAMPLES[key] ?? ''}.` });
  }
  const { name } = raw;
  if (typeof name !== 'string' || hasTemplate(name)) return;
  const remedy = 'Put into it what tells them apart, such as "{{basename}}-{{cluster}}".';
  findings.mistake([...path, 'name'], { message: 'has no template, and all directories would come to it', remedy });
}

const EXAMPLES: Readonly<Record<string, string>> = {
  name: '"{{basename}}-{{cluster}}"',
  path: '"clusters/{{cluster}}/apps/{{basename}}", or leave it out',
  namespace: '"{{basename}}"',
  cluster: '"{{segment.1}}"',
};

function isKnown(word: string, { known, depth }: { known: readonly string[]; depth: number | null }): boolean {
  return known.includes(word) || (depth === null && /^segment\.\d+$/.test(word));
}

/** Two directories that differ only where the name does not look would come to one name, which is refused when it happens. */
export function warnAlike({ name, forEach, templates }: TargetTemplate, { path, findings }: Entry): void {
  const patterns = forEach.directories.split('/');
  const first = patterns.findIndex((pattern) => pattern.includes('*'));
  const ofCluster = wordsIn(templates.cluster).map((word) => (word === 'cluster' ? `segment.${first}` : word));
  const words = new Set(wordsIn(name).flatMap((word) => (word === 'cluster' ? ofCluster : [word])));
  const isTold = (index: number) =>
    words.has(`segment.${index}`) || (index === patterns.length - 1 && words.has('basename'));
  const untold = patterns.findIndex((pattern, index) => pattern.includes('*') && !isTold(index));
  if (untold === -1) return;
  findings.warn([...path, 'name'], {
    message: `does not tell directories apart that differ in segment ${untold} alone: both are refused`,
    remedy: `Add {{segment.${untold}}} to it, unless there are none.`,
  });
}
