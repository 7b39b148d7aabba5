import type { Soak } from '../soak.ts';

/** One kind of thing that happens: what it does to Git or to the cluster, and what the model expects then. */
export interface Operation {
  readonly name: string;
  /** How often it happens, compared with the others. */
  readonly weight: number;
  readonly run: (soak: Soak) => Promise<unknown>;
}
