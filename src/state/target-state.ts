import type { AppliedSource, ObjectId, Revision } from '../snapshot/source.ts';
import type { Contests } from './contest.ts';
import type { Entry } from './inventory.ts';

/** Who may write, and until when. Nobody writes before another run's deadline has passed. */
export interface Lease {
  readonly run: string;
  /** The data directory that the run belongs to: its next process may take over. */
  readonly holder: string;
  readonly untilMs: number;
}

/** The last try that did not end well, so that sweeps do not repeat it every minute. */
export interface Attempt {
  readonly revision: string;
  readonly settings: string;
  readonly class: 'manifest' | 'guard';
  readonly tries: number;
  readonly nextTryMs: number;
}

/** Objects that differ from the applied commit and were not, or not yet, brought back. */
export interface Drift {
  readonly objects: number;
  /** RFC 3339 */
  readonly since: string;
}

/** What the state of a target says: what was applied, what is under way, and what went wrong last. */
export interface Applied {
  /** Written for another repository, branch or path: the target was given another one, or something else has its name. */
  readonly isElsewhere: boolean;
  readonly source: AppliedSource | null;
  /** `plain`, or what rendered it, with its version: `kustomize v1.36.3`. */
  readonly renderer: string;
  /** Declared inputs; of a rendered target everything that the last render read. Null: it was looked for and not there. */
  readonly inputs: Readonly<Record<string, ObjectId | null>>;
  readonly settings: string | null;
  /** Files whose objects may differ from the applied commit. */
  readonly dirty: readonly string[] | 'all';
  readonly lease: Lease | null;
  /** False until a run has written an inventory: what is owned is then asked of the cluster's labels, never taken for nothing. */
  readonly hasInventory: boolean;
  /** Names of the shards in order; empty: the inventory is `inline`. */
  readonly shards: readonly string[];
  /** Names that may exist beside them and count for nothing: a layout that was begun, or one that was left. */
  readonly spare: readonly string[];
  readonly inline: readonly Entry[];
  /** Objects; while files are dirty, those of the others. */
  readonly count: number;
  readonly groupKinds: readonly string[];
  readonly namespaces: readonly string[];
  readonly verdict: string | null;
  readonly attempted: string | null;
  readonly deployedAt: string | null;
  readonly attempt: Attempt | null;
  /** A tip that is an ancestor of the applied commit, seen by a sweep and not announced by a delivery. */
  readonly rewind: string | null;
  /** A commit that carries our pending status, until it has a final one. */
  readonly pendingOn: Revision | null;
  readonly drift: Drift | null;
  /** Objects that were corrected lately, so that two writers do not fight for ever. */
  readonly contests: Contests;
  /** The last run that wrote what takes time to become ready; whether it did is in an object of its own. */
  readonly awaited: Awaited | null;
  /** The last run has closed and not finished: it goes on when what it waits for is ready. */
  readonly waiting: Waiting | null;
}

export interface Waiting {
  readonly revision: Revision;
  /** When the first run of this commit began. */
  readonly sinceMs: number;
  readonly created: number;
  readonly updated: number;
  /** For people: `Deployment shop/db`, `target infra-prod`. */
  readonly on: readonly string[];
  /** What is recorded of unfinished files is true: the run that recorded it has closed. */
  readonly isExact: boolean;
}

export interface Awaited {
  readonly revision: Revision;
  /** When the run began: it tells one run of a commit from the next. */
  readonly sinceMs: number;
}

export const NOTHING_APPLIED: Applied = {
  isElsewhere: false,
  source: null,
  renderer: 'plain',
  inputs: {},
  settings: null,
  dirty: 'all',
  lease: null,
  hasInventory: false,
  shards: [],
  spare: [],
  inline: [],
  count: 0,
  groupKinds: [],
  namespaces: [],
  verdict: null,
  attempted: null,
  deployedAt: null,
  attempt: null,
  rewind: null,
  pendingOn: null,
  drift: null,
  contests: {},
  awaited: null,
  waiting: null,
};

/** Is the target rendered as a whole? Then its inputs say whether it is current, and its tree does not. */
export function isRendered({ renderer }: Pick<Applied, 'renderer'>): boolean {
  return renderer !== 'plain';
}
