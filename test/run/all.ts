import { formatCounts } from './closing-line.ts';
import type { Counts } from './closing-line.ts';
import { LONG, runChaos, runHistory, runSample, runTests } from './run-tests.ts';

const SEED = '20261';

// `npm run test:all`: `npm test`, the long tests, a tenth of `npm run test:chaos`, and `npm run test:history 2000`, with
// the same seed each time: a change is not refused for what was there before it.
const runs: readonly (readonly [name: string, run: () => Promise<Counts>])[] = [
  ['npm test', runSample],
  [`npm test -- ${LONG}`, () => runTests([LONG])],
  ['npm run test:chaos 1-999/10', () => runChaos({ faultPoints: '1-999/10' })],
  [`npm run test:history 2000 ${SEED}`, () => runHistory({ operations: '2000', seed: SEED })],
];

const lines: string[] = [];
const total = { passed: 0, failed: 0, skipped: 0 };
for (const [name, run] of runs) {
  const startedMs = performance.now();
  const counts = await run();
  lines.push(`${name}: ${formatCounts(counts)} in ${Math.round((performance.now() - startedMs) / 1000)} s\n`);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
process.stdout.write(`\n${lines.join('')}${formatCounts(total)}\n`);
