import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomFrom } from '../../rig/chaos/random.ts';
import { isRetried, SteerRig } from '../../rig/steer/steer-rig.ts';

/** `HEADGATE_TEST_SEQUENCES=200 HEADGATE_TEST_RIGS=4 npm test -- test/system/steer/sequences` is the long form. */
const SEQUENCES = Number(process.env['HEADGATE_TEST_SEQUENCES'] ?? 4);
const SEED = Number(process.env['HEADGATE_TEST_SEED'] ?? 1);
/** Side by side, each with its own target, because a step mostly waits. */
const RIGS = Number(process.env['HEADGATE_TEST_RIGS'] ?? 1);
const STEPS = 6;
const PER_LINE = 20;

let rigs: readonly SteerRig[];

beforeAll(async () => {
  rigs = await Promise.all(Array.from({ length: RIGS }, () => SteerRig.build()));
});

afterAll(async () => {
  await Promise.all(rigs.map((rig) => rig.tearDown()));
});

it(
  `the cluster, the hold and every commit status are as the model has them after each step of ${SEQUENCES} random sequences (seed ${SEED})`,
  async () => {
    let begun = 0;
    const work = async (rig: SteerRig) => {
      while (begun < SEQUENCES) {
        const random = randomFrom(SEED + begun);
        begun += 1;
        if (begun % PER_LINE === 0) process.stdout.write(`${begun} sequences\n`);
        for (let step = 0; step < STEPS; step += 1) {
          await rig.take(rig.model.next(random));
          await rig.settle();
        }
      }
    };
    await Promise.all(rigs.map((rig) => work(rig)));
    const unexpected = rigs.flatMap(({ testbed }) =>
      testbed.log.filter(({ level, errors }) => level === 'error' && !isRetried(errors)),
    );
    expect(unexpected).toEqual([]);
  },
  60_000 + SEQUENCES * 30_000,
);
