import { pickFrom } from './random.ts';

/** One ConfigMap that a file defines. */
export interface Defined {
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

/** file → objects by name: the content of one commit. A name is used once, in one file. */
export type Repository = ReadonlyMap<string, ReadonlyMap<string, Defined>>;

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

/** Creates, edits, removes or moves one object, also to a file of the other target. */
export function change(before: Repository, { random, namespaces, freshName }: Sources): Repository {
  const objects = [...before].flatMap(([file, defined]) => [...defined.values()].map((each) => ({ file, each })));
  const value = String(Math.floor(random() * 10_000));
  const file = pickFrom(FILES, random) ?? '';
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

function put(before: Repository, file: string, defined: Defined): Repository {
  return new Map([...before, [file, new Map([...(before.get(file) ?? []), [defined.name, defined]])]]);
}

function without(before: Repository, name: string): Repository {
  return new Map([...before].map(([file, objects]) => [file, new Map([...objects].filter(([each]) => each !== name))]));
}

/** The files of a commit. */
export function filesOf(repository: Repository): Readonly<Record<string, string>> {
  const written = [...repository].filter(([, objects]) => objects.size > 0);
  return {
    'README.md': 'a fleet\n',
    ...Object.fromEntries(
      written.map(([file, objects]) => [file, [...objects.values()].map(manifestOf).join('---\n')]),
    ),
  };
}

function manifestOf({ namespace, name, value }: Defined): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ${namespace} }\ndata: { v: "${value}" }\n`;
}

/** namespace/name → value: the objects that have to be in the cluster. */
export function desiredOf(repository: Repository, isExcluded: boolean): Readonly<Record<string, string>> {
  const read = [...repository].filter(([file]) => !isExcluded || file !== EXCLUDABLE);
  return Object.fromEntries(
    read.flatMap(([, objects]) => [...objects.values()].map((each) => [`${each.namespace}/${each.name}`, each.value])),
  );
}

/** The files that the payload of a push lists. */
export function differenceOf(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) {
  const added = Object.keys(after).filter((path) => before[path] === undefined);
  const removed = Object.keys(before).filter((path) => after[path] === undefined);
  const modified = Object.keys(after).filter((path) => before[path] !== undefined && before[path] !== after[path]);
  return { added, removed, modified };
}
