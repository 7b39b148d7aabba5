import type { ClusterAddress } from '../cluster/control-plane.ts';
import { bundlePrograms } from './child.ts';
import { FaultTestbed, targetNames } from './fault-testbed.ts';

/** A child's headgate.yml lists this many targets: reading a longer one takes longer than a scenario. */
const TARGETS = 40;
/** A restarted child gets the messages of the killed one at once; only one whose response was cut stays hidden this long. */
const VISIBILITY_SECONDS = 5;

interface Slot {
  readonly testbed: FaultTestbed;
  names: readonly string[];
}

/**
 * Concurrent testbeds, because a scenario mostly waits. Each has its own child, proxies, queue and Git host, so
 * that the n-th request it counts belongs to the scenario that runs on it.
 */
export class TestbedPool {
  readonly #all: readonly Slot[];
  readonly #free: Slot[];
  readonly #waiting: ((slot: Slot) => void)[] = [];

  readonly #removePrograms: () => Promise<void>;

  private constructor(all: readonly Slot[], removePrograms: () => Promise<void>) {
    this.#removePrograms = removePrograms;
    this.#all = all;
    this.#free = [...all];
  }

  static async build(cluster: ClusterAddress, count: number): Promise<TestbedPool> {
    const { remove, ...programs } = await bundlePrograms();
    const open = async (): Promise<Slot> => {
      const names = targetNames(TARGETS);
      return {
        testbed: await FaultTestbed.build(cluster, { targets: names, visibilitySeconds: VISIBILITY_SECONDS, programs }),
        names,
      };
    };
    return new TestbedPool(await Promise.all(Array.from({ length: count }, open)), remove);
  }

  /** Lends a testbed with a fresh target, and deletes the target's namespace afterwards. @throws when a planted secret leaked. */
  async use<T>(work: (testbed: FaultTestbed, target: string) => Promise<T>): Promise<T> {
    const slot = this.#free.pop() ?? (await new Promise<Slot>((resolve) => this.#waiting.push(resolve)));
    try {
      return await workOn(slot, work);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(slot);
      else next(slot);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ testbed }) => testbed.close()));
    await this.#removePrograms();
  }
}

async function workOn<T>(slot: Slot, work: (testbed: FaultTestbed, target: string) => Promise<T>): Promise<T> {
  const { testbed } = slot;
  if (slot.names.length === 0) {
    slot.names = targetNames(TARGETS);
    await testbed.use(slot.names);
  }
  const [target = '', ...rest] = slot.names;
  slot.names = rest;
  try {
    const result = await work(testbed, target);
    const leaks = await testbed.leaks([target]);
    if (leaks.length > 0) throw new Error(`a planted secret leaked: ${leaks.join('\n')}`);
    return result;
  } finally {
    testbed.fault = () => 'pass';
    if (testbed.isForOne) await testbed.use(slot.names);
    testbed.forget();
    await testbed.api.remove(`/api/v1/namespaces/${target}`);
  }
}
