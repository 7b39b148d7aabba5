/** Values for `${name}` in manifests, by name. */
export type Variables = Readonly<Record<string, string>>;

export interface Substituted {
  readonly text: string;
  /** What could not be put in, each a sentence without any value in it. */
  readonly mistakes: readonly string[];
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
