/** A sixth of what a person notices, and far more than a pause costs. */
const TURN_MS = 20;

/**
 * Runs work that may pause wherever it yields, so that the other runs of the process continue: what a pack contains may take
 * seconds to inflate, hash and compare.
 */
export async function inTurns<T>(steps: Generator<void, T>): Promise<T> {
  let sinceMs = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - sinceMs < TURN_MS) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    sinceMs = performance.now();
  }
}
