import { put } from '../model.ts';
import type { Content } from '../git-writer.ts';
import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';
import { refusedUntilReverted } from './refusal.ts';

const SUBMODULE = 'c'.repeat(40);

/** A directory whose objects are deployed becomes something that is never read. They all stay. */
const becomes = (content: Content) => async (soak: Soak) => {
  const { repository, sources, testbed } = soak;
  const defined = { namespace: testbed.namespace, name: sources.freshName(), value: 'hidden' };
  const before = put(repository, 'apps/x/y/d.yaml', defined);
  const path = sources.random() < 0.5 ? 'apps/x' : 'apps/x/y';
  await refusedUntilReverted(soak, { before, path, content });
};

export const HIDDEN_DIRECTORIES: readonly Operation[] = [
  { name: 'directory becomes a link', weight: 4, run: becomes({ link: '../sites' }) },
  { name: 'directory becomes a submodule', weight: 4, run: becomes({ submodule: SUBMODULE }) },
];
