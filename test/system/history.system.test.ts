import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { randomFrom } from '../rig/chaos/random.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

const PUSHES = 20;
const SEED = 4711;
/** Pushes between two looks at the cluster. */
const PER_LOOK = 5;

let testbed: Testbed;

beforeAll(async () => {
  testbed = await Testbed.build({ sweepIntervalMs: 700 });
  await testbed.start();
  await testbed.kubectl('-n', testbed.namespace, 'create', 'configmap', 'foreign', '--from-literal=v=untouched');
});

afterAll(async () => {
  await testbed.tearDown();
});

/** file → object → value: what the repository says. */
type Model = ReadonlyMap<string, ReadonlyMap<string, string>>;

const FILES = ['apps/a.yaml', 'apps/b.yaml', 'apps/x/c.yaml', 'apps/x/y/d.yaml', 'apps/e.yml'];
const OBJECTS = Array.from({ length: 8 }, (_, n) => `c${n}`);

function without(model: Model, object: string): Map<string, Map<string, string>> {
  return new Map(
    [...model].map(([file, objects]) => [file, new Map([...objects].filter(([name]) => name !== object))]),
  );
}

/** Adds, edits or moves an object, or takes one away; one always stays. */
function change(model: Model, random: () => number): Model {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const object = pick(OBJECTS);
  const next = without(model, object);
  if (random() < 0.3 && [...next.values()].some(({ size }) => size > 0)) return next;
  const file = pick(FILES);
  next.set(file, new Map([...(next.get(file) ?? []), [object, String(Math.floor(random() * 1000))]]));
  return next;
}

function filesOf(model: Model): Record<string, string | null> {
  return Object.fromEntries(
    FILES.map((file) => {
      const objects = [...(model.get(file) ?? [])];
      return [file, objects.length === 0 ? null : objects.map(([name, v]) => configMap(name, { v })).join('---\n')];
    }),
  );
}

function clusterOf(model: Model): Record<string, Record<string, string>> {
  const objects = [...model.values()].flatMap((each) => [...each]);
  return { foreign: { v: 'untouched' }, ...Object.fromEntries(objects.map(([name, v]) => [name, { v }])) };
}

it(
  `the cluster equals the tip after ${PUSHES} random pushes with lost, repeated and reordered deliveries (seed ${SEED})`,
  async () => {
    const random = randomFrom(SEED);
    const history: { revision: string; model: Model }[] = [];
    let model: Model = change(new Map(), random);
    testbed.host.faults = {
      lose: () => random() < 0.25,
      repeat: () => random() < 0.25,
      reorder: () => random() < 0.25,
    };
    for (let n = 1; n <= PUSHES; n += 1) {
      const back = history.at(-3);
      if (back !== undefined && random() < 0.1) {
        // Back by force, as if the last commits had never been.
        await testbed.git('reset', '-q', '--hard', back.revision);
        await testbed.git('push', '-q', '--force', 'origin', 'HEAD:main');
        ({ model } = back);
      } else {
        model = change(model, random);
        await testbed.writeAll(filesOf(model));
        history.push({ revision: await testbed.commitAndPush(), model });
      }
      if (n % PER_LOOK !== 0 && n !== PUSHES) continue;
      await testbed.host.settled();
      const expected = clusterOf(model);
      await vi.waitFor(async () => expect(await testbed.configMaps()).toEqual(expected), {
        timeout: 60_000,
        interval: 100,
      });
    }
    expect(testbed.log.filter(({ level, message }) => level === 'error' && message !== 'failed')).toEqual([]);
  },
  PUSHES * 10_000,
);
