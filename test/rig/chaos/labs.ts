import type { ClusterAddress } from '../cluster/control-plane.ts';
import { bundled } from './child.ts';
import { Lab, targetNames } from './lab.ts';

/** So many targets a child knows at a time: reading a long headgate.yml takes longer than a trial. */
const TARGETS = 40;
/** What a killed child had taken is handed out when the next one begins; only of a poll whose answer was lost it is waited for. */
const VISIBILITY_SECONDS = 5;

interface Place {
  readonly lab: Lab;
  names: readonly string[];
}

/**
 * Labs side by side: a trial mostly waits. Each has a child, proxies, a queue and a Git host of its own, so that the n-th
 * request of a trial is that trial's.
 */
export class Labs {
  readonly #all: readonly Place[];
  readonly #free: Place[];
  readonly #waiting: ((place: Place) => void)[] = [];

  readonly #removePrograms: () => Promise<void>;

  private constructor(all: readonly Place[], removePrograms: () => Promise<void>) {
    this.#removePrograms = removePrograms;
    this.#all = all;
    this.#free = [...all];
  }

  static async build(cluster: ClusterAddress, count: number): Promise<Labs> {
    const { remove, ...programs } = await bundled();
    const open = async (): Promise<Place> => {
      const names = targetNames(TARGETS);
      return {
        lab: await Lab.build(cluster, { targets: names, visibilitySeconds: VISIBILITY_SECONDS, programs }),
        names,
      };
    };
    return new Labs(await Promise.all(Array.from({ length: count }, open)), remove);
  }

  /** Lends a lab with a fresh target. Afterwards its namespace is gone. @throws when a planted secret came to light. */
  async lend<T>(work: (lab: Lab, target: string) => Promise<T>): Promise<T> {
    const place = this.#free.pop() ?? (await new Promise<Place>((resolve) => this.#waiting.push(resolve)));
    try {
      return await workOn(place, work);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(place);
      else next(place);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ lab }) => lab.close()));
    await this.#removePrograms();
  }
}

async function workOn<T>(place: Place, work: (lab: Lab, target: string) => Promise<T>): Promise<T> {
  const { lab } = place;
  if (place.names.length === 0) {
    place.names = targetNames(TARGETS);
    await lab.use(place.names);
  }
  const [target = '', ...rest] = place.names;
  place.names = rest;
  try {
    const result = await work(lab, target);
    const leaks = await lab.leaks([target]);
    if (leaks.length > 0) throw new Error(`a planted secret came to light: ${leaks.join('\n')}`);
    return result;
  } finally {
    lab.fault = () => 'pass';
    lab.forget();
    await lab.api.remove(`/api/v1/namespaces/${target}`);
  }
}
