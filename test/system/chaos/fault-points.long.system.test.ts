import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { BAD_RESPONSES, KILLS } from '../../rig/chaos/fault-modes.ts';
import type { FaultMode } from '../../rig/chaos/fault-modes.ts';
import { runScenario } from '../../rig/chaos/run-scenario.ts';
import type { FaultPoint, ScenarioRun } from '../../rig/chaos/run-scenario.ts';
import {
  FRESH,
  HOLD,
  MOVES,
  PROMOTION,
  ROLLBACK,
  SHARDED,
  SMALL,
  UNINSTALL,
  WAVES,
  WINDOW,
} from '../../rig/chaos/scenario.ts';
import type { Scenario } from '../../rig/chaos/scenario.ts';
import { TestbedPool } from '../../rig/chaos/testbed-pool.ts';

/** `npm run test:chaos`: the fault points FIRST-LAST/STEP; `npm test`: one fault point of each mode. */
const [FIRST = 0, LAST = 0, STEP = 1] = (process.env['HEADGATE_TEST_FAULT_POINTS'] ?? '').split(/[-/]/).map(Number);
const IS_SAMPLE = FIRST === 0;
const TESTBEDS = Number(process.env['HEADGATE_TEST_TESTBEDS'] ?? 3);
const MODES = [...KILLS, ...BAD_RESPONSES];
const NO_FAULT: FaultMode = { name: 'there is no fault', inject: () => 'pass' };
/** A row with more differences has the same cause for all of them. */
const ENOUGH_DIFFERENCES = 5;
/** The number of requests before the fault varies with time: 94 to 114 in the smallest scenario. */
const MOST_REQUESTS = 1.25;
/** Fault points of a row between two lines of progress. */
const PER_LINE = 25;

/** What a channel hears of the scenario with a window. */
const WINDOW_EVENTS = [
  'deployed of commit 0',
  'deployed of commit 1',
  'deployed of commit 2',
  'ready of commit 1',
  'waiting for Deployment TARGET/web of commit 1',
  'waits for the window of commit 2',
];

const rows = [
  { scenario: SMALL, modes: IS_SAMPLE ? KILLS : MODES },
  { scenario: SHARDED, modes: MODES },
  { scenario: MOVES, modes: IS_SAMPLE ? KILLS : MODES },
  { scenario: UNINSTALL, modes: KILLS },
  { scenario: HOLD, modes: KILLS },
  { scenario: ROLLBACK, modes: KILLS },
  { scenario: WAVES, modes: IS_SAMPLE ? [] : KILLS },
  // Outside its window, nothing starts again a run that ended because its manifest was blamed.
  { scenario: WINDOW, modes: IS_SAMPLE ? KILLS : MODES.filter(({ isFinal }) => isFinal !== true) },
  { scenario: PROMOTION, modes: IS_SAMPLE ? KILLS : MODES },
  { scenario: FRESH, modes: IS_SAMPLE ? [] : MODES },
].flatMap(({ scenario, modes }) => modes.map((mode) => ({ scenario, mode, name: scenario.name, fault: mode.name })));

let pool: TestbedPool;
const undisturbed = new Map<Scenario, Promise<ScenarioRun>>();

beforeAll(async () => {
  pool = await TestbedPool.build(inject('cluster'), TESTBEDS);
});

afterAll(async () => {
  await pool.close();
});

/** Runs the scenario with one fault. Returns the request that it hit, or null when there are fewer requests. */
async function runWithFault(
  { scenario, mode }: { scenario: Scenario; mode: FaultMode },
  faultPoint: FaultPoint,
): Promise<ScenarioRun['faulted']> {
  const { faulted, states, kept, status, promotions, notices } = await pool.use((testbed, target) =>
    runScenario(testbed, target, { scenario, mode, faultPoint }),
  );
  if (faulted === null) return null;
  const expected = await undisturbedOf(scenario);
  const at = `n = ${faultPoint}: ${JSON.stringify(faulted)}`;
  expect(states, at).toEqual(expected.states);
  expect(kept, at).toEqual(expected.kept);
  expect(promotions, at).toEqual(expected.promotions);
  expect(status ?? expected.status, at).toBe(expected.status);
  if (faulted.server === 'channel' && mode.isRefusal === true) return faulted;
  const missing = Object.keys(expected.notices).filter((event) => notices[event] === undefined);
  const doubled = Object.entries(notices).filter(([, ids]) => ids.length > 1);
  expect({ missing, doubled }, at).toEqual({ missing: [], doubled: [] });
  return faulted;
}

/** Once for each scenario that is run at all. */
function undisturbedOf(scenario: Scenario): Promise<ScenarioRun> {
  const run = undisturbed.get(scenario) ?? runUndisturbed(scenario);
  undisturbed.set(scenario, run);
  return run;
}

async function runUndisturbed(scenario: Scenario): Promise<ScenarioRun> {
  const run = await pool.use((testbed, target) =>
    runScenario(testbed, target, { scenario, mode: NO_FAULT, faultPoint: 0 }),
  );
  process.stdout.write(`${scenario.name}: ${run.requests} requests undisturbed\n`);
  if (scenario === WINDOW) expect(Object.keys(run.notices).toSorted()).toEqual(WINDOW_EVENTS);
  return run;
}

describe('a target', () => {
  it.concurrent.each(rows)(
    'reaches the same final state when $fault ($name)',
    async ({ scenario, mode }) => {
      const sample = 11 + 6 * (scenario === UNINSTALL ? KILLS : MODES).indexOf(mode);
      const requests = Math.ceil(MOST_REQUESTS * (await undisturbedOf(scenario)).requests);
      const [first, last] = IS_SAMPLE ? [sample, sample] : [FIRST, Math.min(LAST, requests)];
      const faults = new Map<string, number>();
      const differences: unknown[] = [];
      let next = first;
      // As many at a time as there are testbeds; each takes the next fault point that is left.
      const work = async () => {
        while (next <= last && differences.length < ENOUGH_DIFFERENCES) {
          const faultPoint = next;
          next += STEP;
          try {
            const at = IS_SAMPLE ? (scenario.sample ?? faultPoint) : faultPoint;
            const faulted = await runWithFault({ scenario, mode }, at);
            if (faulted === null) next = last + 1;
            else faults.set(faulted.server, (faults.get(faulted.server) ?? 0) + 1);
            if (faultPoint % PER_LINE === 0)
              process.stdout.write(`${scenario.name}, ${mode.name}: n = ${faultPoint}\n`);
          } catch (thrown) {
            process.stdout.write(`${scenario.name}, ${mode.name}, n = ${faultPoint}: ${String(thrown)}\n`);
            differences.push(thrown);
          }
        }
      };
      await Promise.all(Array.from({ length: TESTBEDS }, work));
      const servers = [...faults].map(([server, times]) => `${server} ${times}`).join(', ');
      process.stdout.write(`| ${scenario.name} | ${mode.name} | ${servers} | ${differences.length} |\n`);
      if (differences.length > 0) throw differences[0];
      // Only a range beyond the last request of the scenario may strike nothing.
      expect(faults.size > 0 || (!IS_SAMPLE && first > requests)).toBe(true);
    },
    7_200_000,
  );
});
