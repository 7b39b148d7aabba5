import { formatCounts } from './closing-line.ts';
import type { Counts } from './closing-line.ts';
import { runChaos, runHistory, runTests } from './run-tests.ts';

// `npm run test:all`: `npm test`, a tenth of `npm run test:chaos`, and `npm run test:history 2000`.
const runs: readonly (readonly [name: string, run: () => Promise<Counts>])[] = [
  ['npm test', () => runTests([])],
  ['npm run test:chaos 1-999/10', () => runChaos({ faultPoints: '1-999/10' })],
  ['npm run test:history 2000', () => runHistory({ operations: '2000', seed: String(Date.now() % 1_000_000) })],
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
