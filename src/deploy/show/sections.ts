import type { Limit } from '../../error/cut-text.ts';

/** A part of a text that may have to be cut: its lines from the end, and then the whole part. */
export interface Section {
  /** Before the lines. */
  readonly begin: string;
  readonly lines: readonly string[];
  /** After the lines, also after those that are left. */
  readonly end: string;
  /** What the lines are, to count those that do not fit: `object`. */
  readonly unit: string;
}

export function text(whole: string): Section {
  return { begin: whole, lines: [], end: '', unit: '' };
}

/** Room for what says that something is missing. */
const SPARE = 200;

/** As many sections as fit, in order; the first ones say the most. `rest`: where everything is shown. */
export function fitSections(sections: readonly Section[], rest: string, limit: Limit): string {
  const room = limit.length - limit.lengthOf(rest) - SPARE;
  const kept: string[] = [];
  let length = 0;
  for (const [index, section] of sections.entries()) {
    const fitted = fitOne(section, { ...limit, length: room - length });
    if (fitted !== null) {
      kept.push(fitted.text);
      length += limit.lengthOf(fitted.text) + 2;
    }
    if (fitted?.isWhole === true) continue;
    const left = sections.length - index - (fitted === null ? 0 : 1);
    const also = `${left} more ${left === 1 ? 'section does' : 'sections do'} not fit here.`;
    return [...kept, `${left === 0 ? 'Not everything fits here.' : also} ${rest}`].join('\n\n');
  }
  return kept.join('\n\n');
}

/** Null: not even its first line fits. */
function fitOne(
  { begin, lines, end, unit }: Section,
  { length, lengthOf }: Limit,
): { readonly text: string; readonly isWhole: boolean } | null {
  let left = length - lengthOf(begin) - lengthOf(end) - 2;
  let fitting = 0;
  for (const line of lines) {
    left -= lengthOf(line) + 1;
    if (left < (fitting === lines.length - 1 ? 0 : SPARE)) break;
    fitting += 1;
  }
  if (left < 0 && fitting === 0) return null;
  if (fitting === lines.length) return { text: joined(begin, lines, end), isWhole: true };
  if (fitting === 0) return null;
  const cut = lines.length - fitting;
  const more = `… ${cut} more ${cut === 1 ? unit : `${unit}s`}`;
  return { text: `${joined(begin, lines.slice(0, fitting), end)}\n\n${more}`, isWhole: false };
}

function joined(begin: string, lines: readonly string[], end: string): string {
  return [begin, ...lines, end].filter((part) => part !== '').join('\n');
}
