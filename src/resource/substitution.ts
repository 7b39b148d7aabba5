/** Values for `${name}` in manifests, by name. */
export type Variables = Readonly<Record<string, string>>;

export interface Substituted {
  readonly text: string;
  /** What could not be put in, each a sentence without any value in it. */
  readonly mistakes: readonly string[];
}

/** How far quotes can be believed: kustomize prints text without them. */
export type Quotes = 'kept' | 'lost';

const TEXT_TREES: ReadonlySet<string> = new Set(['metadata', 'data', 'stringData', 'binaryData']);
const TEXT_MAPS: ReadonlySet<string> = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector']);
const TEXT_LISTS: ReadonlySet<string> = new Set(['args', 'command']);

/** Does Kubernetes take nothing but text at this place, by its keys from the object's root, whatever the value looks like? */
export function isTextPlace(path: readonly string[]): boolean {
  const parent = path.at(-2) ?? '';
  if (TEXT_TREES.has(path[0] ?? '') || TEXT_MAPS.has(parent) || TEXT_LISTS.has(parent)) return true;
  return path.at(-1) === 'value' && path.at(-3) === 'env';
}

const NAME = /^[A-Za-z_]\w*$/;

/** `${v}`, `${v:=default}`, and `$$` for a dollar sign. Nothing else is taken for a variable, and nothing is left out in silence. */
export function substitute(text: string, variables: Variables): Substituted {
  const mistakes: string[] = [];
  const replaced = text.replace(/\$\$|\$\{([^}]*)(\}?)/g, (written: string, inner?: string, end?: string) => {
    if (inner === undefined) return '$';
    const colon = inner.indexOf(':=');
    const name = colon === -1 ? inner : inner.slice(0, colon);
    if (end !== '}' || !NAME.test(name)) {
      mistakes.push('${ begins something that is no variable: ${name}, ${name:=default}');
      return written;
    }
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value !== undefined) return value;
    if (colon !== -1) return inner.slice(colon + 2);
    mistakes.push(`the variable ${name} is not set`);
    return written;
  });
  return { text: replaced, mistakes };
}
