import type { Revision } from '../snapshot/source.ts';

/** The plan that a person approved and that a run began to carry out. It ends with the success of that commit. */
export interface Approved {
  readonly revision: Revision;
  /** Of the whole plan. */
  readonly hash: string;
  readonly by: string;
  /** The hashes of its changes: what is left of it is still approved. */
  readonly changes: readonly string[];
  /** By Headgate's key. */
  readonly proof: string;
}
