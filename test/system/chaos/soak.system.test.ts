import { afterAll, beforeAll, expect, it } from 'vitest';
import { Soak } from '../../rig/chaos/soak.ts';
import { randomFrom } from '../../rig/chaos/random.ts';

const OPERATIONS = Number(process.env['HEADGATE_TEST_OPERATIONS'] ?? 20);
const SEED = Number(process.env['HEADGATE_TEST_SEED'] ?? 4711);
/** Soaks side by side, each with its own history and seed, because a quiet point mostly waits for the next sweep. */
const SOAKS = Number(process.env['HEADGATE_TEST_SOAKS'] ?? 1);
/** Every second operation is one of these; all if it is empty. */
const NAMED = process.env['HEADGATE_TEST_OPERATION'] ?? '';
/** Operations between two comparisons of the cluster with the model. */
const PER_COMPARISON = 10;
/** A quiet point never has to wait so long; if it does, the log is printed. */
const SLOW_MS = 20_000;
const PER_LINE = 500;

let soaks: readonly { readonly seed: number; readonly soak: Soak }[];

beforeAll(async () => {
  const seeds = Array.from({ length: SOAKS }, (_, index) => SEED + index);
  soaks = await Promise.all(seeds.map(async (seed) => ({ seed, soak: await Soak.build(randomFrom(seed)) })));
});

afterAll(async () => {
  await Promise.all(soaks.map(({ soak }) => soak.tearDown()));
});

it(
  `the cluster equals the tip and keeps foreign objects after ${OPERATIONS} random operations (seed ${SEED})`,
  async () => {
    const startedMs = performance.now();
    const seconds = () => Math.round((performance.now() - startedMs) / 1000);
    let done = 0;
    const operate = async ({ seed, soak }: (typeof soaks)[number]) => {
      for (let n = 1; n <= OPERATIONS / SOAKS; n += 1) {
        await soak.operate(NAMED);
        if (n % PER_COMPARISON === 0 || n === OPERATIONS / SOAKS) await settle(soak, `${n} operations (seed ${seed})`);
        done += 1;
        if (done % PER_LINE === 0) process.stdout.write(`${done} operations in ${seconds()} s\n`);
      }
    };
    await Promise.all(soaks.map((each) => operate(each)));
    process.stdout.write(`${done} operations in ${seconds()} s (seed ${SEED}): ${JSON.stringify(counts())}\n`);
    const logs = soaks.flatMap(({ soak }) => soak.testbed.log);
    const unexpected = logs.filter(({ level, message }) => level === 'error' && message !== 'failed');
    expect(unexpected).toEqual([]);
  },
  60_000 + OPERATIONS * 2_000,
);

/** Prints the log of a quiet point that took long. */
async function settle(soak: Soak, when: string): Promise<void> {
  const since = { ms: performance.now(), line: soak.testbed.log.length };
  await soak.settle(when);
  const tookMs = Math.round(performance.now() - since.ms);
  if (tookMs < SLOW_MS) return;
  const lines = JSON.stringify(soak.testbed.log.slice(since.line).filter(({ level }) => level !== 'debug'));
  process.stdout.write(`after ${when} it took ${tookMs} ms: ${soak.recent.join(', ')}; ${lines}\n`);
}

function counts(): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const { soak } of soaks) {
    for (const [operation, times] of Object.entries(soak.counts)) sum[operation] = (sum[operation] ?? 0) + times;
  }
  return sum;
}
