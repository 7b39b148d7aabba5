import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Fleet } from '../../rig/chaos/fleet.ts';
import { randomFrom } from '../../rig/chaos/random.ts';

const OPERATIONS = Number(process.env['HEADGATE_TEST_OPERATIONS'] ?? 20);
const SEED = Number(process.env['HEADGATE_TEST_SEED'] ?? 4711);
/** Fleets side by side, each with a history and a seed of its own: a quiet point mostly waits for the next sweep. */
const FLEETS = Number(process.env['HEADGATE_TEST_FLEETS'] ?? 1);
/** Operations between two looks at the cluster. */
const PER_LOOK = 10;
const SETTLE_MS = 90_000;
/** Longer than anything that a quiet point has to wait for: worth a look at the log. */
const SLOW_MS = 20_000;
const PER_LINE = 500;

let fleets: readonly { readonly seed: number; readonly fleet: Fleet }[];

beforeAll(async () => {
  const seeds = Array.from({ length: FLEETS }, (_, index) => SEED + index);
  fleets = await Promise.all(seeds.map(async (seed) => ({ seed, fleet: await Fleet.build(randomFrom(seed)) })));
});

afterAll(async () => {
  await Promise.all(fleets.map(({ fleet }) => fleet.tearDown()));
});

it(
  `equals the tip, and leaves what is foreign alone, after ${OPERATIONS} random operations (seed ${SEED})`,
  async () => {
    const startedMs = performance.now();
    const seconds = () => Math.round((performance.now() - startedMs) / 1000);
    let done = 0;
    const live = async ({ seed, fleet }: (typeof fleets)[number]) => {
      for (let n = 1; n <= OPERATIONS / FLEETS; n += 1) {
        await fleet.operate(n);
        if (n % PER_LOOK === 0 || n === OPERATIONS / FLEETS) await quiet(fleet, `${n} operations (seed ${seed})`);
        done += 1;
        if (done % PER_LINE === 0) process.stdout.write(`${done} operations in ${seconds()} s\n`);
      }
    };
    await Promise.all(fleets.map((each) => live(each)));
    process.stdout.write(`${done} operations in ${seconds()} s (seed ${SEED}): ${JSON.stringify(counts())}\n`);
    const logs = fleets.flatMap(({ fleet }) => fleet.house.log);
    const unexpected = logs.filter(({ level, message }) => level === 'error' && message !== 'failed');
    expect(unexpected).toEqual([]);
  },
  60_000 + OPERATIONS * 2_000,
);

/** Waits until the cluster is as it should be. @throws with all that is known of it when that takes too long. */
async function quiet(fleet: Fleet, when: string): Promise<void> {
  const since = { ms: performance.now(), line: fleet.house.log.length };
  const told = () => fleet.house.log.slice(since.line).filter(({ level }) => level !== 'debug');
  try {
    await fleet.house.host.settled();
    const isThere = async () => expect(await fleet.live()).toEqual(fleet.expected());
    await vi.waitFor(isThere, { timeout: SETTLE_MS, interval: 200 });
  } catch (thrown) {
    const found = { recent: fleet.recent, lines: told().slice(-60), why: await fleet.explain() };
    throw new Error(`after ${when}: ${JSON.stringify(found, null, 1)}`, { cause: thrown });
  }
  const tookMs = Math.round(performance.now() - since.ms);
  if (tookMs < SLOW_MS) return;
  const lines = JSON.stringify(told());
  process.stdout.write(`after ${when} it took ${tookMs} ms: ${fleet.recent.join(', ')}; ${lines}\n`);
}

function counts(): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const { fleet } of fleets) {
    for (const [operation, times] of Object.entries(fleet.counts)) sum[operation] = (sum[operation] ?? 0) + times;
  }
  return sum;
}
