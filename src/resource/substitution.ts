/** Values for `${name}` in manifests, by name. */
export type Variables = Readonly<Record<string, string>>;

export interface Substituted {
  readonly text: string;
  /** Why parts of the text could not be substituted. Never contains a value. */
  readonly errors: readonly string[];
}

/** Whether the YAML still has the author's quotes: kustomize prints strings without them. */
export type Quotes = 'kept' | 'lost';

const TEXT_TREES: ReadonlySet<string> = new Set(['metadata', 'data', 'stringData', 'binaryData']);
const TEXT_MAPS: ReadonlySet<string> = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector']);
const TEXT_LISTS: ReadonlySet<string> = new Set(['args', 'command']);

/** Whether Kubernetes accepts only a string in this field, given by its keys from the object's root. */
export function isStringField(path: readonly string[]): boolean {
  const parent = path.at(-2) ?? '';
  if (TEXT_TREES.has(path[0] ?? '') || TEXT_MAPS.has(parent) || TEXT_LISTS.has(parent)) return true;
  return path.at(-1) === 'value' && path.at(-3) === 'env';
}

const NAME = /^[A-Za-z_]\w*$/;

/** Replaces `${v}`, `${v:=default}`, and `$$` (a dollar sign). Any other `${` is an error, so that nothing is silently dropped. */
export function substitute(text: string, variables: Variables): Substituted {
  const errors: string[] = [];
  const replaced = text.replace(/\$\$|\$\{([^}]*)(\}?)/g, (written: string, inner?: string, end?: string) => {
    if (inner === undefined) return '$';
    const colon = inner.indexOf(':=');
    const name = colon === -1 ? inner : inner.slice(0, colon);
    if (end !== '}' || !NAME.test(name)) {
      errors.push('${ does not begin a valid variable: write ${name} or ${name:=default}');
      return written;
    }
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value !== undefined) return value;
    if (colon !== -1) return inner.slice(colon + 2);
    errors.push(`variable ${name} is not set`);
    return written;
  });
  return { text: replaced, errors };
}
