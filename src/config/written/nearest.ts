/** The known word that was probably meant, within a typo or two; null when none is close. */
export function nearest(word: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

const MAX_LENGTH = 64;

/** Counts insertions, deletions, replacements and swaps of neighbors (optimal string alignment). */
function editDistance(from: string, to: string): number {
  if (from.length > MAX_LENGTH || to.length > MAX_LENGTH) return Infinity;
  let previous: readonly number[] = [];
  let current: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      next.push(
        Math.min(
          at(current, column) + 1,
          at(next, column - 1) + 1,
          at(current, column - 1) + (isSame ? 0 : 1),
          isSwap ? at(previous, column - 2) + 1 : Infinity,
        ),
      );
    }
    previous = current;
    current = next;
  }
  return at(current, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
