import type { Target } from '../../config/checked/config.ts';
import type { Connection } from '../api/connection.ts';
import type { KindCache } from '../api/kinds.ts';
import type { Runner } from './lease.ts';
import type { Layout } from './shard.ts';

export interface ClusterRun {
  readonly connection: Connection;
  readonly kinds: KindCache;
  readonly target: Target;
  readonly runner: Runner;
  readonly layout: Layout;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long one run may take; null: no limit. */
  readonly limitMs: number | null;
  /** Sets the commit that is sent with later requests. */
  readonly onRevision: (revision: string) => void;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
}
