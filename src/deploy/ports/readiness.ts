import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { ReadinessRecord } from '../../state/readiness.ts';
import type { Health } from '../../health/readiness.ts';

/** Are the objects of one target ready? It only reads, but for the target's `.ready` object. */
export interface Readiness {
  /** In the order of the objects; what cannot be read is unknown, with the reason. @throws DeployError when the world does not answer. */
  readHealth(objects: readonly AwaitedObject[], signal: AbortSignal): Promise<readonly SeenHealth[]>;
  /** Returns when something about what was last looked at may have changed, or after so long. */
  changed(longestMs: number, signal: AbortSignal): Promise<void>;
  /** Everything that the target owns and that takes time to become ready. */
  owned(state: TargetState, signal: AbortSignal): Promise<readonly AwaitedObject[]>;
  read(signal: AbortSignal): Promise<ReadinessRecord | null>;
  write(record: ReadinessRecord, signal: AbortSignal): Promise<void>;
  /** Ends what `changed` watches. */
  close(): void;
}

export type SeenHealth = Health | { readonly kind: 'unknown'; readonly reason: string };
