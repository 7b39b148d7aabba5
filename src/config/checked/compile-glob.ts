import picomatch from 'picomatch';
import { alternativesOf } from '../written/glob.ts';
import type { ExcludeGlob, NamePattern } from './config.ts';

/** Compiled where headgate.yml is checked, so that functions load no compiler. The glob has passed `globError`. */
export function compileGlob(glob: string): ExcludeGlob {
  return { glob, alternatives: (alternativesOf(glob) ?? []).map(patternsOf) };
}

function patternsOf(alternative: string): readonly NamePattern[] {
  const patterns = alternative.split('/').map((segment) => (/^\*{2,}$/.test(segment) ? null : nameRegex(segment)));
  // `a/**` is everything below a, and not a.
  return patterns.at(-1) === null ? [...patterns, ''] : patterns;
}

const OPTIONS = {
  dot: true,
  fastpaths: false,
  literalBrackets: false,
  noextglob: true,
  strictSlashes: true,
  windows: false,
} as const;
const STAR = '[^/]*?';

/**
 * picomatch's regular expression for one name, in which each `*` but the last keeps its first match. A later `*` can take
 * whatever that leaves, so a name that was chosen to be slow is not tried in every way (docs/decisions/0014-picomatch.md).
 */
function nameRegex(segment: string): string {
  const [head = '', ...pieces] = picomatch.makeRe(asPicomatch(segment), OPTIONS).source.split(STAR);
  const last = pieces.pop();
  if (last === undefined) return head;
  const held = pieces.map((piece, index) => `(?=(?<star${index}>${STAR}${piece}))\\k<star${index}>`);
  return [head, ...held, STAR, last].join('');
}

const TOKEN = /\\.|\[[!^]?\]?[^\]]*\]|\*+|[(){}|+^$!@"]/g;

/** Escapes what picomatch takes for more than a character and .gitignore does not. Within a name, `**` is `*`. */
function asPicomatch(segment: string): string {
  return segment.replaceAll(TOKEN, (token) => {
    if (token.startsWith('*')) return '*';
    return token.length === 1 ? `\\${token}` : token.replace(/^\[!/, '[^');
  });
}
