import { NAMED_INPUTS } from '../rig/hostile/inputs.ts';
import { exceeds, measureHostile } from '../rig/hostile/measure.ts';
import type { Measured } from '../rig/hostile/measure.ts';
import { formatCounts } from './closing-line.ts';

// `npm run test:hostile [COUNT [SEED]]`: the long form of test/rig/hostile/hostile.parts.test.ts.
const [count = '500', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const befores = new Map(NAMED_INPUTS.map(({ name, before }) => [name, before]));

function row(measured: Measured): void {
  const { name, blockedMs, peakMb, tookMs, outcome } = measured;
  const cells = [name, befores.get(name) ?? '', blockedMs, peakMb, tookMs, outcome.slice(0, 80)];
  process.stdout.write(`| ${cells.join(' | ')} |${exceeds(measured) ? ' FAILED' : ''}\n`);
}

process.stdout.write('| input | before | blocked, ms | peak memory, MB | took, ms | outcome |\n');
process.stdout.write('| --- | --- | --- | --- | --- | --- |\n');
const named = await measureHostile('named', row);
const generated = await measureHostile({ count: Number(count), seed: Number(seed) }, (measured) => {
  if (exceeds(measured)) row(measured);
});
const most = (of: (measured: Measured) => number) => Math.max(0, ...generated.map(of));
process.stdout.write(
  `| ${generated.length} generated, seed ${seed}: the most |  | ${most(({ blockedMs }) => blockedMs)} | ${most(({ peakMb }) => peakMb)} | ${most(({ tookMs }) => tookMs)} |  |\n`,
);
const failed = [...named, ...generated].filter((measured) => exceeds(measured)).length;
process.stdout.write(`\n${formatCounts({ passed: named.length + generated.length - failed, failed, skipped: 0 })}\n`);
process.exitCode = failed === 0 ? 0 : 1;
