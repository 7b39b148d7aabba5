import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../rig/programs/command.ts';

// `npm run check`: everything that needs Node alone, in about a minute.
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const STEPS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['types', bin('tsc'), '--noEmit', '-p', '.'],
  ['lint', bin('oxlint'), '--type-aware', '--deny-warnings', 'src', 'functions', 'infra', 'test', 'bench', 'bin'],
  ['pure tests', process.execPath, vitest, 'run', '--project', 'pure'],
  ['format', bin('prettier'), '--check', '--log-level', 'warn', '.'],
  ['unused code', bin('knip')],
];

const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
let hasFailed = false;

async function step([name, command, ...args]: (typeof STEPS)[number]): Promise<void> {
  const startedMs = performance.now();
  const { code, stdout, stderr } = await run(command, args, { cwd: root, env });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (code === 0) return;
  hasFailed = true;
  process.stdout.write(`${stdout}${stderr}\n`);
}

const waiting = [...STEPS];
const workers = Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await step(next);
});
await Promise.all(workers);
process.exit(hasFailed ? 1 : 0);
