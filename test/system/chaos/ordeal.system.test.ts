import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { BAD_ANSWERS, KILLS } from '../../rig/chaos/blows.ts';
import { Labs } from '../../rig/chaos/labs.ts';
import { FRESH, SHARDED, SMALL, UNINSTALL, WAVES } from '../../rig/chaos/scenario.ts';
import type { Scenario } from '../../rig/chaos/scenario.ts';
import { attempt } from '../../rig/chaos/trial.ts';
import type { Blow, Trial } from '../../rig/chaos/trial.ts';

/** `npm run test:chaos`: from the first n to the last, so many at a time; `npm test`: one n of each blow. */
const [FIRST = 0, LAST = 0, STEP = 1] = (process.env['HEADGATE_TEST_REQUESTS'] ?? '').split(/[-/]/).map(Number);
const IS_SAMPLE = FIRST === 0;
const LABS = Number(process.env['HEADGATE_TEST_LABS'] ?? 3);
const BLOWS = [...KILLS, ...BAD_ANSWERS];
const NOTHING: Blow = { name: 'nothing', fault: () => 'pass' };
/** More of one row are all the same mistake. */
const ENOUGH = 5;
/** Strikes of a row between two words of how far it is. */
const PER_WORD = 25;

const rows = [
  { scenario: SMALL, blows: IS_SAMPLE ? KILLS : BLOWS },
  { scenario: SHARDED, blows: BLOWS },
  { scenario: UNINSTALL, blows: KILLS },
  { scenario: WAVES, blows: IS_SAMPLE ? [] : KILLS },
  { scenario: FRESH, blows: IS_SAMPLE ? [] : BLOWS },
].flatMap(({ scenario, blows }) => blows.map((blow) => ({ scenario, blow, state: scenario.name, each: blow.name })));

let labs: Labs;
const undisturbed = new Map<Scenario, Trial>();

beforeAll(async () => {
  labs = await Labs.build(inject('cluster'), LABS);
  const compared = async (scenario: Scenario) => {
    const trial = await labs.lend((lab, target) => attempt(lab, target, { scenario, blow: NOTHING, n: 0 }));
    undisturbed.set(scenario, trial);
    process.stdout.write(`${scenario.name}: ${trial.requests} requests undisturbed\n`);
  };
  await Promise.all([...new Set(rows.map(({ scenario }) => scenario))].map(compared));
});

afterAll(async () => {
  await labs.close();
});

/** Strikes at the n-th request; what was struck, null when there were not so many. */
async function strike({ scenario, blow }: { scenario: Scenario; blow: Blow }, n: number): Promise<Trial['hit']> {
  const { hit, state, status } = await labs.lend((lab, target) => attempt(lab, target, { scenario, blow, n }));
  const as = undisturbed.get(scenario);
  if (hit === null) return null;
  const at = `request ${n}: ${JSON.stringify(hit)}`;
  expect(state, at).toEqual(as?.state);
  expect(status ?? as?.status, at).toBe(as?.status);
  return hit;
}

describe('ends as if nothing had happened', () => {
  it.concurrent.each(rows)(
    'with $state, when its n-th request is $each',
    async ({ scenario, blow }) => {
      const sample = 11 + 6 * (scenario === UNINSTALL ? KILLS : BLOWS).indexOf(blow);
      const [first, last] = IS_SAMPLE ? [sample, sample] : [FIRST, LAST];
      const struck = new Map<string, number>();
      const differences: unknown[] = [];
      let next = first;
      // As many at a time as there are labs; each takes the next request that nobody has struck.
      const goOn = async () => {
        while (next <= last && differences.length < ENOUGH) {
          const n = next;
          next += STEP;
          try {
            const hit = await strike({ scenario, blow }, n);
            if (hit === null) next = last + 1;
            else struck.set(hit.server, (struck.get(hit.server) ?? 0) + 1);
            if (n % PER_WORD === 0) process.stdout.write(`${scenario.name}, ${blow.name}: request ${n}\n`);
          } catch (thrown) {
            process.stdout.write(`${scenario.name}, ${blow.name}: ${String(thrown)}\n`);
            differences.push(thrown);
          }
        }
      };
      await Promise.all(Array.from({ length: LABS }, goOn));
      const servers = [...struck].map(([server, times]) => `${server} ${times}`).join(', ');
      process.stdout.write(`| ${scenario.name} | ${blow.name} | ${servers} | ${differences.length} |\n`);
      if (differences.length > 0) throw differences[0];
      expect(struck.size > 0 || !IS_SAMPLE).toBe(true);
    },
    7_200_000,
  );
});
