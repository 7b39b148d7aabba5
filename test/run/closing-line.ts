import type { Reporter, TestModule } from 'vitest/node';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The last line of a run in a form that every CI can read, which vitest's own closing lines are not. */
export class ClosingLine implements Reporter {
  counts: Counts = { passed: 0, failed: 0, skipped: 0 };

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A file that cannot be loaded, or whose hooks fail, has no failed test to count, and is a failure all the same.
    const broken = modules.filter(
      (module) => module.state() === 'failed' && [...module.children.allTests('failed')].length === 0,
    ).length;
    this.counts = { passed: count('passed'), failed: count('failed') + broken, skipped: count('skipped') };
    process.stdout.write(`\n${formatCounts(this.counts)}\n`);
  }
}

export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
