import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';

/**
 * Counts the blocks of code that run, by the engine's own coverage: the same in every run, however busy the machine is.
 * Code that was compiled before has no counters until the engine compiles it again, so tests with it are in project `parts`,
 * whose files share no modules.
 */
export class BlockCounter {
  readonly #session = new Session();
  readonly #scripts: RegExp;

  /** `scripts`: whose code counts, by the URL. */
  constructor(scripts: RegExp) {
    this.#scripts = scripts;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How much more of them run for twice the length. */
  growthOf(workOn: (length: number) => () => unknown, length: number): number {
    const [once, twice] = [workOn(length), workOn(2 * length)].map((work) => this.#blocksRunBy(work));
    return (twice ?? 0) / (once ?? 1);
  }

  close(): void {
    this.#session.disconnect();
  }

  #blocksRunBy(work: () => unknown): number {
    this.#takeCoverage();
    work();
    return this.#takeCoverage()
      .filter(({ url }) => this.#scripts.test(url))
      .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
      .reduce((sum, { count }) => sum + count, 0);
  }

  #takeCoverage(): readonly Profiler.ScriptCoverage[] {
    let result: readonly Profiler.ScriptCoverage[] = [];
    // The session is of this thread, so its answer is there when `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, coverage) => {
      if (error !== null) throw error;
      ({ result } = coverage);
    });
    return result;
  }
}

/** Work in proportion to the length doubles, and a square quadruples it; what is constant matters little. */
export const LINEAR = 2.3;
