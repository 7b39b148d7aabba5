import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Fleet } from './fleet.ts';
import { randomFrom } from './random.ts';

const OPERATIONS = Number(process.env['HEADGATE_TEST_OPERATIONS'] ?? 20);
const SEED = Number(process.env['HEADGATE_TEST_SEED'] ?? 4711);
/** Operations between two looks at the cluster. */
const PER_LOOK = 10;
const SETTLE_MS = 90_000;
/** Longer than a sweep and a look for drift take: worth a look at the log. */
const SLOW_MS = 5_000;

let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.build(randomFrom(SEED));
});

afterAll(async () => {
  await fleet.tearDown();
});

it(
  `equals the tip, and leaves what is foreign alone, after ${OPERATIONS} random operations (seed ${SEED})`,
  async () => {
    const startedMs = performance.now();
    for (let n = 1; n <= OPERATIONS; n += 1) {
      await fleet.operate(n);
      if (n % PER_LOOK !== 0 && n !== OPERATIONS) continue;
      try {
        const since = { ms: performance.now(), line: fleet.house.log.length };
        await fleet.house.host.settled();
        const isThere = async () => expect(await fleet.live()).toEqual(fleet.expected());
        await vi.waitFor(isThere, { timeout: SETTLE_MS, interval: 50 });
        if (performance.now() - since.ms > SLOW_MS) {
          const lines = fleet.house.log.slice(since.line).filter(({ level }) => level !== 'debug');
          process.stdout.write(
            `after ${n} operations it took ${Math.round(performance.now() - since.ms)} ms: ${fleet.recent.join(', ')}; ${JSON.stringify(lines)}\n`,
          );
        }
      } catch (thrown) {
        const lines = fleet.house.log.filter(({ level, verdict }) => level !== 'debug' && verdict !== 'unchanged');
        const found = { recent: fleet.recent, lines: lines.slice(-30), why: await fleet.explain() };
        throw new Error(`after ${n} operations: ${JSON.stringify(found, null, 1)}`, { cause: thrown });
      }
      if (n % 500 === 0)
        process.stdout.write(`${n} operations in ${Math.round((performance.now() - startedMs) / 1000)} s\n`);
    }
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    process.stdout.write(`${OPERATIONS} operations in ${seconds} s (seed ${SEED}): ${JSON.stringify(fleet.counts)}\n`);
    const unexpected = fleet.house.log.filter(({ level, message }) => level === 'error' && message !== 'failed');
    expect(unexpected).toEqual([]);
  },
  60_000 + OPERATIONS * 2_000,
);
