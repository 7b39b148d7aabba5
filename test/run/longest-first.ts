import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Files that take more than 40 s on two cores. Last in line, one of them would run alone at the end. */
const LONG: readonly string[] = [
  'system/functions-work',
  'system/world',
  'system/cost',
  'git/reader',
  'system/approval/approval',
  'system/pulls/previews',
  'system/promotion',
  'package/package',
  'system/approval/promoted',
  'system/moved',
  'system/prune',
  'system/installations',
  'rig/hostile/named',
  'system/readme',
  'system/target-templates',
  'system/retrying',
  'system/drift',
  'system/chaos/fault-points',
];

/** vitest knows how long a file takes only after a first run, which a fresh clone does not have. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((name) => moduleId.includes(`/test/${name}.`));
      return at === -1 ? LONG.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
