import type { Source } from '../../snapshot/source.ts';
import type { ClusterRun } from '../state/run.ts';
import type { Target } from '../../config/checked/config.ts';
import type { Entry } from '../../state/inventory.ts';
import type { Renderer } from '../../state/renderer.ts';
import type { Resource, Manifest } from '../../resource/resource.ts';
import type { Connection } from '../api/connection.ts';
import type { Kind } from '../api/kinds.ts';
import type { Parent } from '../state/parent.ts';
import type { StateStore } from '../state/state-store.ts';
import type { Facts, Unread } from '../../plan/model/facts.ts';
import type { InventoryView, Spread } from '../state/inventory-store.ts';
import type { Problem } from '../../error/deploy-error.ts';

export interface ObserveQuestion {
  readonly source: Source;
  readonly desired: DesiredFiles;
  /** Hash of what shapes the desired set; when it differs from the recorded one, no recorded hash is believed. */
  readonly settings: string;
  /** Objects, as `formatId` writes them, whose recorded hash is not believed: something in the cluster speaks against it. */
  readonly suspects?: ReadonlySet<string> | 'all';
  /** What is rendered as a whole has its entries spread by object, not by file. */
  readonly renderer: Renderer;
  /** Reads and renders more files of the same revision, and what was desired before. */
  readonly readAlso: (paths: readonly string[]) => Promise<DesiredFiles>;
}

/** What observing one object needs to know. */
export interface ObserveContext {
  readonly connection: Connection;
  readonly target: Target;
  readonly applySetId: string;
  readonly namespaceMissing: boolean;
  /** Null: the cluster does not serve the kind. */
  readonly kindOf: (resource: Pick<Resource, 'apiVersion' | 'id'>) => Kind | null;
  /** The recorded entries of an object in the shards that were read. */
  readonly entriesOf: (resource: Resource) => readonly Entry[];
  /** May the recorded hash be believed? */
  readonly isTrusted: (entry: Entry) => boolean;
  /** Is it asked about although its manifest is the one that was applied? */
  readonly isSuspect: (resource: Resource) => boolean;
}

/** What gathering facts needs besides. */
export interface GatherContext extends ClusterRun {
  readonly store: StateStore;
  readonly parent: Parent | null;
  readonly applySetId: string;
}

/** The facts, and the part of the state that they were read from. */
export interface Gathered {
  readonly facts: Facts;
  readonly inventory: InventoryView;
  /** The inventory was rebuilt from labels, or has outgrown its shards: it is written under new names. */
  readonly isNewLayout: boolean;
  readonly spread: Spread;
}

/** What the files want, as the render room gives it. */
export interface DesiredFiles {
  readonly touched: ReadonlySet<string>;
  readonly manifests: readonly Manifest[];
  readonly unread: readonly Unread[];
  readonly problems: readonly Problem[];
}
