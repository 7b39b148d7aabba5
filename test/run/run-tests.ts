import { createCLI, parseCLI, startVitest } from 'vitest/node';
import { ClosingLine } from './closing-line.ts';
import type { Counts } from './closing-line.ts';

/** In the path of each long test, and of no other. */
export const LONG = '.long.';

/** Every test that is not long: ten minutes on two cores. */
export function runSample(): Promise<Counts> {
  return withEnv({ HEADGATE_TEST_SAMPLE: '1' }, () => runTests([]));
}

/** Runs vitest once, with the arguments of `vitest run`, and ends with the closing line. vitest sets the exit code. */
export async function runTests(args: readonly string[]): Promise<Counts> {
  const argv = ['vitest', 'run', ...args];
  // parseCLI lets unknown options pass, and their values would be taken for filters.
  const cli = createCLI();
  cli.parse(['node', ...argv], { run: false });
  cli.matchedCommand?.checkUnknownOptions();
  const { filter, options } = parseCLI(argv);
  const closingLine = new ClosingLine();
  const vitest = await startVitest('test', filter, {
    ...options,
    watch: false,
    run: true,
    reporters: ['default', closingLine],
  });
  await vitest.close();
  return closingLine.counts;
}

/** Injects each fault mode whose name matches into every request, one run for each: `FIRST-LAST/STEP`. */
export async function runChaos({ faultPoints, mode = '' }: { faultPoints: string; mode?: string }): Promise<Counts> {
  process.stdout.write('| scenario | fault | injected | differences |\n| --- | --- | --- | --- |\n');
  return withEnv({ HEADGATE_TEST_FAULT_POINTS: faultPoints, HEADGATE_TEST_TESTBEDS: '8' }, () =>
    runTests(['test/system/chaos/fault-points', ...(mode === '' ? [] : ['-t', mode])]),
  );
}

/** Does random operations, spread over four soaks that run side by side; every second one has `named` in its name. */
export async function runHistory({
  operations,
  seed,
  named = '',
}: {
  operations: string;
  seed: string;
  named?: string;
}): Promise<Counts> {
  const settings = {
    HEADGATE_TEST_OPERATIONS: operations,
    HEADGATE_TEST_SEED: seed,
    HEADGATE_TEST_OPERATION: named,
    HEADGATE_TEST_SOAKS: '4',
  };
  return withEnv(settings, () => runTests(['test/system/chaos/soak']));
}

/** Sends mutated deliveries to the receivers of all Git hosts. */
export async function runFuzz({ deliveries, seed }: { deliveries: string; seed: string }): Promise<Counts> {
  return withEnv({ HEADGATE_TEST_DELIVERIES: deliveries, HEADGATE_TEST_SEED: seed }, () =>
    runTests(['--project', 'pure', 'test/githost/fuzz']),
  );
}

/** Sets what is not set already, for the workers of one run. */
async function withEnv<T>(settings: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const missing = Object.entries(settings).filter(([name]) => process.env[name] === undefined);
  Object.assign(process.env, Object.fromEntries(missing));
  try {
    return await work();
  } finally {
    for (const [name] of missing) delete process.env[name];
  }
}
