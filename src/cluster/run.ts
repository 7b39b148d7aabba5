import type { Target } from '../config/config.ts';
import type { Problem } from '../error/deploy-error.ts';
import type { ChangeResult } from '../plan/after.ts';
import type { Applied } from '../plan/applied.ts';
import type { Facts, Unread } from '../plan/facts.ts';
import type { Entry } from '../plan/inventory.ts';
import type { Plan } from '../plan/plan.ts';
import type { Manifest, Resource } from '../resource/resource.ts';
import type { Source } from '../resource/source.ts';
import type { Connection } from './connection.ts';
import type { InventoryView, Spread } from './inventory-store.ts';
import type { Kind, KindCache } from './kinds.ts';
import type { Runner } from './lease.ts';
import type { Parent } from './parent.ts';
import type { Layout } from './shard.ts';
import type { StateStore } from './state-store.ts';

/** What the files want, as the render room gives it. */
export interface DesiredFiles {
  readonly touched: ReadonlySet<string>;
  readonly manifests: readonly Manifest[];
  readonly unread: readonly Unread[];
  readonly problems: readonly Problem[];
}

export interface ObserveQuestion {
  readonly source: Source;
  readonly desired: DesiredFiles;
  /** Hash of what shapes the desired set; when it differs from the recorded one, no recorded hash is believed. */
  readonly settings: string;
  /** Objects, as `formatId` writes them, whose recorded hash is not believed: something in the cluster speaks against it. */
  readonly suspects?: ReadonlySet<string> | 'all';
  /** As in `Applied.renderer`: what is rendered as a whole has its entries spread by object, not by file. */
  readonly renderer: string;
  /** Reads and renders more files of the same revision, and what was desired before. */
  readonly readAlso: (paths: readonly string[]) => Promise<DesiredFiles>;
}

/** What the state says of a run besides its inventory: from its first write on, and after either end. */
export interface Ends {
  readonly open: Partial<Applied>;
  readonly well: Partial<Applied>;
  readonly badly: (results: readonly ChangeResult[]) => Partial<Applied>;
  /** Of a run that stops before a step, until what comes first is ready. */
  readonly waiting: (results: readonly ChangeResult[]) => Partial<Applied>;
}

export interface ClusterRun {
  readonly connection: Connection;
  readonly kinds: KindCache;
  readonly target: Target;
  readonly runner: Runner;
  readonly layout: Layout;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long one run may take; null: as long as it likes. */
  readonly limitMs: number | null;
  /** From now on requests are made for this commit. */
  readonly onRevision: (revision: string) => void;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
}

/** What gathering facts needs besides. */
export interface GatherContext extends ClusterRun {
  readonly store: StateStore;
  readonly parent: Parent | null;
  readonly applySetId: string;
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

/** The facts, and the part of the state that they were read from. */
export interface Gathered {
  readonly facts: Facts;
  readonly inventory: InventoryView;
  /** The inventory was rebuilt from labels, or has outgrown its shards: it is written under new names. */
  readonly isNewLayout: boolean;
  readonly spread: Spread;
}

/** One plan to be carried out, and what it was made from. */
export interface Application {
  readonly plan: Plan;
  readonly ends: Ends;
  readonly gathered: Gathered;
  readonly parent: Parent | null;
}
