import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { ReadinessRecord } from '../../state/readiness.ts';
import type { Health } from '../../health/readiness.ts';

/** Reads whether the objects of one target are ready. It writes only the target's `.ready` object. */
export interface Readiness {
  /** In the order of the objects; `unknown`, with the reason, if one cannot be read. @throws DeployError when the API server does not answer. */
  readHealth(objects: readonly AwaitedObject[], signal: AbortSignal): Promise<readonly SeenHealth[]>;
  /** Resolves when an object of the last `readHealth` may have changed, at the latest after `longestMs`. */
  changed(longestMs: number, signal: AbortSignal): Promise<void>;
  /** Everything that the target owns and that takes time to become ready. */
  owned(state: TargetState, signal: AbortSignal): Promise<readonly AwaitedObject[]>;
  read(signal: AbortSignal): Promise<ReadinessRecord | null>;
  write(record: ReadinessRecord, signal: AbortSignal): Promise<void>;
  /** Stops the watches of `changed`. */
  close(): void;
}

export type SeenHealth = Health | { readonly kind: 'unknown'; readonly reason: string };
