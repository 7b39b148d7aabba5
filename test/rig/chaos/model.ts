import type { Content, Files } from './git-writer.ts';
import { pickFrom } from './random.ts';

/** One ConfigMap that a file defines. */
export interface Defined {
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

/** The content of one commit. */
export interface Repository {
  /** file → objects by name. A name is used once, in one file. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, Defined>>;
  /** The files whose lines end as on Windows. */
  readonly windows: ReadonlySet<string>;
  /** Whatever else is in the tree, in the place of what is at that path or below it. */
  readonly others: Files;
}

export const EMPTY: Repository = { objects: new Map(), windows: new Set(), others: {} };

/** Two targets share the repository, each with its path. The settings of one target can exclude this file. */
export const EXCLUDABLE = 'apps/skip.yaml';
const FILES = [
  'apps/a.yaml',
  'apps/b.yml',
  'apps/x/c.yaml',
  'apps/x/y/d.yaml',
  EXCLUDABLE,
  'sites/a.yaml',
  'sites/z/b.yaml',
];
const MOST = 24;

export interface Sources {
  readonly random: () => number;
  readonly namespaces: readonly string[];
  /** A name that is not used yet. */
  readonly freshName: () => string;
}

/** Creates, edits, removes or moves one object, also to a file of the other target, unless it stays in the files of one. */
export function change(before: Repository, { random, namespaces, freshName }: Sources, stay = ''): Repository {
  const here = (file: string) => file.startsWith(stay);
  const objects = [...before.objects].flatMap(([file, defined]) =>
    here(file) ? [...defined.values()].map((each) => ({ file, each })) : [],
  );
  const value = `v${Math.floor(random() * 10_000)}`;
  const file = pickFrom(FILES.filter(here), random) ?? '';
  const namespace = pickFrom(namespaces, random) ?? '';
  const found = pickFrom(objects, random);
  const dice = random();
  if (found === undefined || (dice < 0.35 && objects.length < MOST))
    return put(before, file, { namespace, name: freshName(), value });
  const left = without(before, found.each.name);
  if (dice < 0.5) return left;
  if (dice < 0.75) return put(left, file, found.each);
  // In another namespace it is another object, so it needs a name that was not edited or deleted by hand.
  if (dice < 0.82) return put(left, found.file, { namespace, name: freshName(), value });
  return put(left, found.file, { ...found.each, value });
}

export function put(before: Repository, file: string, defined: Defined): Repository {
  const objects = new Map([...(before.objects.get(file) ?? []), [defined.name, defined]]);
  return { ...before, objects: new Map([...before.objects, [file, objects]]) };
}

function without(before: Repository, name: string): Repository {
  const left = [...before.objects].map(([file, objects]): [string, Map<string, Defined>] => [
    file,
    new Map([...objects].filter(([each]) => each !== name)),
  ]);
  return { ...before, objects: new Map(left) };
}

/** Puts the object into a file of the other target. */
export function moveToOtherPath(before: Repository, name: string, { random }: Pick<Sources, 'random'>): Repository {
  const [file = '', objects] = [...before.objects].find(([, defined]) => defined.has(name)) ?? [];
  const found = objects?.get(name);
  const isOther = (other: string) => other.startsWith('apps/') !== file.startsWith('apps/');
  const to = pickFrom(FILES.filter(isOther), random) ?? '';
  return found === undefined ? before : put(without(before, name), to, found);
}

/** Replaces what is at the path and below it; null gives the path back to the objects. */
export function withOther(before: Repository, path: string, content: Content | null): Repository {
  const { [path]: _replaced, ...others } = before.others;
  return { ...before, others: content === null ? others : { ...others, [path]: content } };
}

/** The files of a commit. */
export function filesOf({ objects, windows, others }: Repository): Files {
  const isCovered = (file: string) => Object.keys(others).some((path) => file.startsWith(`${path}/`));
  const written = [...objects].filter(([file, defined]) => defined.size > 0 && !isCovered(file));
  const manifests = written.map(([file, defined]): [string, string] => {
    const text = [...defined.values()].map(manifestOf).join('---\n');
    return [file, windows.has(file) ? text.replaceAll('\n', '\r\n') : text];
  });
  return { 'README.md': 'a fleet\n', ...Object.fromEntries(manifests), ...others };
}

/** A plain value is the last thing before the separator: a line end that is read wrongly becomes part of it. */
function manifestOf({ namespace, name, value }: Defined): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ${namespace} }\ndata:\n  v: ${value}\n`;
}

/** namespace/name → value: the objects that have to be in the cluster for the files below this path. */
export function desiredOf(
  { objects }: Repository,
  { below, isExcluded }: { below: string; isExcluded: boolean },
): Readonly<Record<string, string>> {
  const read = [...objects].filter(([file]) => file.startsWith(below) && (!isExcluded || file !== EXCLUDABLE));
  return Object.fromEntries(
    read.flatMap(([, defined]) => [...defined.values()].map((each) => [`${each.namespace}/${each.name}`, each.value])),
  );
}

/** The URL of namespace/name. */
export function pathOf(object: string): string {
  const [namespace, name] = object.split('/');
  return `/api/v1/namespaces/${namespace}/configmaps/${name}`;
}

/** The files that the payload of a push lists. */
export function differenceOf(before: Files, after: Files) {
  const isSame = (path: string) => JSON.stringify(before[path]) === JSON.stringify(after[path]);
  const added = Object.keys(after).filter((path) => before[path] === undefined);
  const removed = Object.keys(before).filter((path) => after[path] === undefined);
  const modified = Object.keys(after).filter((path) => before[path] !== undefined && !isSame(path));
  return { added, removed, modified };
}
