import { slugOf } from '../init/names.ts';

const TARGET_LENGTH = 40;

/** Gives every object a unique name of a target: the first of the wanted names that is free. The same one for the same key. */
export function targetNames() {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  return function nameFor(key: string, ...wanted: readonly string[]): string {
    const known = names.get(key);
    if (known !== undefined) return known;
    const slugs = wanted.map((text) => slugOf(text, TARGET_LENGTH) || 'target');
    const [first = 'target'] = slugs;
    const numbered = Array.from({ length: 1000 }, (_, n) => `${first.slice(0, TARGET_LENGTH - 5)}-${n + 2}`);
    const name = [...slugs, ...numbered].find((each) => !taken.has(each)) ?? first;
    taken.add(name);
    names.set(key, name);
    return name;
  };
}

export type NameFor = ReturnType<typeof targetNames>;
