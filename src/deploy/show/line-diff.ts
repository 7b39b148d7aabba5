/** Lines around a change. */
const CONTEXT = 3;
/** Above this product of changed lines, all of them count as replaced: the comparison takes time and memory for each pair. */
const COMPARED_PAIRS = 1_000_000;

type Row = readonly [sign: ' ' | '-' | '+', line: string];

/** The lines that differ, as `diff -u` shows them, without positions; hunks are separated by `…`. */
export function lineDiff(before: string, after: string): readonly string[] {
  const rows = rowsOf(before.split('\n'), after.split('\n'));
  const isNear = (index: number) =>
    rows.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(([sign]) => sign !== ' ');
  const shown: string[] = [];
  let last = -1;
  for (const [index, [sign, line]] of rows.entries()) {
    if (!isNear(index)) continue;
    if (index > last + 1) shown.push('  …');
    shown.push(`${sign} ${line}`);
    last = index;
  }
  return last < rows.length - 1 ? [...shown, '  …'] : shown;
}

function rowsOf(before: readonly string[], after: readonly string[]): readonly Row[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1;
  const same = (lines: readonly string[]) => lines.map((line): Row => [' ', line]);
  return [
    ...same(before.slice(0, start)),
    ...changedRows(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

/** By the longest common subsequence. */
function changedRows(before: readonly string[], after: readonly string[]): readonly Row[] {
  const replaced = [...before.map((line): Row => ['-', line]), ...after.map((line): Row => ['+', line])];
  if (before.length * after.length > COMPARED_PAIRS || before.length * after.length === 0) return replaced;
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1)
    for (let column = after.length - 1; column >= 0; column -= 1)
      lengths[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  const rows: Row[] = [];
  for (let [row, column] = [0, 0]; row < before.length || column < after.length;) {
    const [old = '', now = ''] = [before[row], after[column]];
    const isBoth = row < before.length && column < after.length;
    if (isBoth && old === now) {
      rows.push([' ', old]);
      [row, column] = [row + 1, column + 1];
    } else if (row < before.length && (column === after.length || at(row + 1, column) >= at(row, column + 1))) {
      rows.push(['-', old]);
      row += 1;
    } else {
      rows.push(['+', now]);
      column += 1;
    }
  }
  return rows;
}
