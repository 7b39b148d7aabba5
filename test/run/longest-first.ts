import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Files that take more than 40 s on two cores. Last in line, one of them would run alone at the end. */
const LONG: readonly string[] = [
  'system/approval/approval',
  'system/functions-work',
  'system/cost',
  'system/pulls/previews',
  'system/world',
  'system/chaos/fault-points',
  'git/reader',
  'system/moved',
  'package/package',
  'system/promotion',
  'system/prune',
  'system/installations',
  'system/readme',
  'system/retrying',
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
