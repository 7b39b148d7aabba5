import type { ClusterRun } from '../state/run.ts';
import type { Target } from '../../config/checked/config.ts';
import type { Entry } from '../../state/inventory.ts';
import type { Resource } from '../../resource/resource.ts';
import type { Connection } from '../api/connection.ts';
import type { Kind } from '../api/kinds.ts';
import type { Parent } from '../state/parent.ts';
import type { StateStore } from '../state/state-store.ts';
import type { Facts } from '../../plan/model/facts.ts';
import type { InventoryView, Spread } from '../state/inventory-store.ts';

/** What `observe` needs to know. */
export interface ObserveContext {
  readonly connection: Connection;
  readonly target: Target;
  readonly applySetId: string;
  readonly namespaceMissing: boolean;
  /** Null: the cluster does not serve the kind. */
  readonly kindOf: (resource: Pick<Resource, 'apiVersion' | 'id'>) => Kind | null;
  /** As in `KindCache`. */
  readonly isSilent: (resource: Pick<Resource, 'apiVersion'>) => boolean;
  /** The entries of an object in the shards that were read. */
  readonly entriesOf: (resource: Resource) => readonly Entry[];
  /** Does the recorded hash prove that the object is unchanged? */
  readonly isTrusted: (entry: Entry) => boolean;
  /** Does the entry say what the last run left in the cluster? */
  readonly isAccurate: (entry: Entry) => boolean;
  /** Does it need a dry run even if its manifest has not changed? */
  readonly isSuspect: (resource: Resource) => boolean;
}

/** What `gatherFacts` needs to know. */
export interface GatherContext extends ClusterRun {
  readonly store: StateStore;
  readonly parent: Parent | null;
  readonly applySetId: string;
}

/** The facts, and the part of the inventory that they were read from. */
export interface Gathered {
  readonly facts: Facts;
  readonly inventory: InventoryView;
  /** The inventory was rebuilt or has outgrown its shards, so it is written under new names. */
  readonly isNewLayout: boolean;
  readonly spread: Spread;
}
