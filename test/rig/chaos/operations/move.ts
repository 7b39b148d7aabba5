import { moveToOtherPath } from '../model.ts';
import { pickFrom } from '../random.ts';
import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';

/** Objects move from each target to the other one in one push. They stay the same objects. */
async function move(soak: Soak): Promise<void> {
  const { sources } = soak;
  let { repository } = soak;
  while (sources.random() < 0.7) {
    const files = [...repository.objects.values()];
    const name = pickFrom(
      files.flatMap((objects) => [...objects.keys()]),
      sources.random,
    );
    if (name !== undefined) repository = moveToOtherPath(repository, name, sources);
  }
  await soak.push(repository);
}

export const MOVES: readonly Operation[] = [{ name: 'move between targets', weight: 40, run: move }];
