import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';
import { refusedUntilReverted } from './refusal.ts';

const TYPO =
  'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { nmae: deny-all }\nspec: { podSelector: {} }\n';

/** A new file that is meant as a manifest and cannot be one. */
const addTypo = (soak: Soak) =>
  refusedUntilReverted(soak, { before: soak.repository, path: 'apps/typo.yaml', content: TYPO });

export const TYPOS: readonly Operation[] = [{ name: 'typo', weight: 4, run: addTypo }];
