import { put } from '../model.ts';
import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';
import { refusedUntilReverted } from './refusal.ts';

const TYPO =
  'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { nmae: deny-all }\nspec: { podSelector: {} }\n';

/** A new file that is meant as a manifest and cannot be one. */
async function addTypo(soak: Soak): Promise<void> {
  const { repository, sources, testbed } = soak;
  const defined = { namespace: testbed.namespace, name: sources.freshName(), value: 'before a typo' };
  await refusedUntilReverted(soak, {
    before: put(repository, 'apps/a.yaml', defined),
    path: 'apps/typo.yaml',
    content: TYPO,
  });
}

export const TYPOS: readonly Operation[] = [{ name: 'typo', weight: 4, run: addTypo }];
