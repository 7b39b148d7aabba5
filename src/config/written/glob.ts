/** Enough for any glob that people read. What a match costs is bound by its algorithm (excluded.ts), not by this. */
const MAX_WILDCARDS = 10;
const MAX_ALTERNATIVES = 100;

/** Why a glob below `base`, such as the path of a target, is invalid; null when it is valid. */
export function globError(glob: string, base = 'the path of the target'): string | null {
  if (glob === '') return 'is empty';
  if (glob.startsWith('/')) return `begins with a slash, but globs are relative to ${base}`;
  if (glob.startsWith('!') || glob.startsWith('#')) return `begins with ${glob.charAt(0)}, which is not supported`;
  if (glob.endsWith('/')) return `matches no file: use ${glob}** for everything below it`;
  if (glob.length > 1000) return 'is longer than 1000 characters';
  if ((glob.match(/\*+/g) ?? []).length > MAX_WILDCARDS) return `has more than ${MAX_WILDCARDS} wildcards`;
  return syntaxMistake(glob, base);
}

/** Refuses syntax that other globs have and these do not: taken literally, it would silently exclude nothing. */
function syntaxMistake(glob: string, base: string): string | null {
  const extended = /(?<!\\)[?*+@!]\(/.exec(glob)?.[0];
  if (extended !== undefined)
    return `has the extended glob ${extended}: write alternatives as {a,b}, and a literal parenthesis as \\(`;
  const range = /(?<!\\)\{[^{},]*\.\.[^{},]*\}/.exec(glob)?.[0];
  if (range !== undefined) return `has the range ${range}: write its values as {a,b}`;
  const named = /\[:[a-z]+:\]/.exec(glob)?.[0];
  if (named !== undefined) return `has the character class ${named}: write its characters, such as [a-z]`;
  if (/(?<!\\)\[[^\]]*\//.test(glob)) return 'has a slash within brackets, where it never matches';
  const alternatives = alternativesOf(glob);
  if (alternatives === null) return `expands to more than ${MAX_ALTERNATIVES} globs`;
  const segments = alternatives.flatMap((each) => each.split('/'));
  if (segments.includes('..')) return `leaves ${base}`;
  const empty = segments.find((segment) => segment === '' || segment === '.');
  if (empty !== undefined) return `matches no file: it has ${empty === '' ? 'an empty segment' : 'the segment .'}`;
  return segments.some((segment) => /^(?:\\\\|[^\\])*\\$/.test(segment))
    ? 'has a backslash that escapes nothing'
    : null;
}

/** Expands the braces of a glob. Null if there are too many results. Braces without a comma are literal, as in a shell. */
export function alternativesOf(glob: string): readonly string[] | null {
  const waiting = [glob];
  const found: string[] = [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const parts = openBraces(next);
    if (parts === null) found.push(next);
    else waiting.push(...parts.toReversed());
    if (found.length + waiting.length > MAX_ALTERNATIVES) return null;
  }
  return found;
}

/** Opens the first braces that hold no others; null when there are none. */
function openBraces(glob: string): readonly string[] | null {
  const braces = /(?<!\\)\{((?:\\.|[^\\{}])*)\}/.exec(glob);
  if (braces === null) return null;
  const [whole, inner = ''] = braces;
  const head = glob.slice(0, braces.index);
  const tail = glob.slice(braces.index + whole.length);
  const parts = inner.split(/(?<!\\),/);
  return parts.length === 1 ? [`${head}\\{${inner}\\}${tail}`] : parts.map((part) => `${head}${part}${tail}`);
}
