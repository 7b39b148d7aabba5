import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { BAD_ANSWERS, KILLS } from './blows.ts';
import { Lab, targetNames } from './lab.ts';
import { SHARDED, SMALL } from './scenario.ts';
import { attempt } from './trial.ts';
import type { Blow } from './trial.ts';
import type { Snapshot } from './snapshot.ts';

/** `npm run test:chaos`: from the first n to the last, so many at a time; `npm test`: one n of each blow. */
const [FIRST = 0, LAST = 0, STEP = 1] = (process.env['HEADGATE_TEST_REQUESTS'] ?? '').split(/[-/]/).map(Number);
const BLOWS = [...KILLS, ...BAD_ANSWERS];
const MANY = 4000;

const scenarios = [
  { name: 'an inventory on the parent', scenario: SMALL },
  { name: 'an inventory in shards', scenario: SHARDED },
];

let lab: Lab;
const names = targetNames(MANY);
let used = 0;

function nextTarget(): string {
  const name = names[used] ?? '';
  used += 1;
  return name;
}

beforeAll(async () => {
  lab = await Lab.build(inject('cluster'), { targets: names, visibilitySeconds: 1 });
});

afterAll(async () => {
  const targets = names.slice(0, used);
  const leaks = await lab.leaks(targets);
  await Promise.all(targets.map((name) => lab.api.remove(`/api/v1/namespaces/${name}`)));
  await lab.close();
  if (leaks.length > 0) throw new Error(`a planted secret came to light: ${leaks.join('\n')}`);
});

describe.each(scenarios)('with $name', ({ name, scenario }) => {
  let undisturbed: Snapshot;
  const NOTHING: Blow = { name: 'nothing', fault: () => 'pass' };

  beforeAll(async () => {
    const { state, requests } = await attempt(lab, nextTarget(), { scenario, blow: NOTHING, n: 0 });
    undisturbed = state;
    process.stdout.write(`${name}: ${requests} requests undisturbed\n`);
  }, 60_000);

  it.each(FIRST > 0 || scenario === SHARDED ? BLOWS : KILLS)(
    'ends as if nothing had happened when its n-th request is $name',
    async (blow) => {
      const sample = 11 + 6 * BLOWS.indexOf(blow);
      const [first, last] = FIRST > 0 ? [FIRST, LAST] : [sample, sample];
      const struck = new Map<string, number>();
      for (let n = first; n <= last; n += STEP) {
        const { hit, state } = await attempt(lab, nextTarget(), { scenario, blow, n });
        if (hit === null) break;
        expect(state, `request ${n}: ${JSON.stringify(hit)}`).toEqual(undisturbed);
        struck.set(hit.server, (struck.get(hit.server) ?? 0) + 1);
      }
      expect(struck.size > 0 || first !== sample).toBe(true);
      const servers = [...struck].map(([server, times]) => `${server} ${times}`).join(', ');
      process.stdout.write(`| ${name} | ${blow.name} | ${servers} |\n`);
    },
    7_200_000,
  );
});
