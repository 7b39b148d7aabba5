import { isDeepStrictEqual } from 'node:util';
import type { AppliedSource, ObjectId, Revision } from '../snapshot/source.ts';
import type { Contests } from './contest.ts';
import type { History, RecordedVerdict } from './history.ts';
import type { Hold } from './hold.ts';
import type { Entry } from './inventory.ts';
import { PLAIN } from './renderer.ts';
import type { Renderer } from './renderer.ts';

/** The recorded state of one target. */
export interface TargetState {
  /** Written for another repository, branch or path: the target's source changed, or another target has its name. */
  readonly hasOtherOrigin: boolean;
  readonly applied: Applied;
  readonly inventory: RecordedInventory;
  readonly run: RunState;
  readonly outcome: LastOutcome;
  readonly progress: Progress;
  readonly drift: DriftState;
  readonly history: History;
  /** Set and ended beside the runs, which never change it. */
  readonly hold: Hold | null;
}

/** What was applied completely, and everything that shaped it. */
export interface Applied {
  readonly source: AppliedSource | null;
  /** Hash of the settings that shape the desired objects. */
  readonly settings: string | null;
  readonly renderer: Renderer;
  /** Declared inputs; for a rendered target, everything that the last render read. Null: the path did not exist. */
  readonly inputs: Readonly<Record<string, ObjectId | null>>;
  /** RFC 3339. */
  readonly deployedAt: string | null;
}

/** The part of the inventory that the state object itself holds. */
export interface RecordedInventory {
  /** False until a run has written an inventory. Until then it is rebuilt from the labels in the cluster, never assumed empty. */
  readonly isRecorded: boolean;
  /** Names of the shards, in order. Empty: the inventory is `inline`. */
  readonly shards: readonly string[];
  /** Shards that may exist but are not part of the inventory: of a layout that was started or abandoned. */
  readonly unlistedShards: readonly string[];
  readonly inline: readonly Entry[];
  /** The number of objects, not counting those of dirty files. */
  readonly count: number;
  /** What the state object announces to other tools. */
  readonly groupKinds: readonly string[];
  readonly namespaces: readonly string[];
}

/** The run that is writing, or what a killed run left behind. */
export interface RunState {
  readonly lease: Lease | null;
  /** Files whose objects may differ from the applied commit. */
  readonly dirty: readonly string[] | 'all';
}

/** Who may write, and until when. No other run writes before that deadline has passed. */
export interface Lease {
  readonly run: string;
  /** The data directory that the run belongs to: its next process may take over. */
  readonly holder: string;
  readonly untilMs: number;
}

/** How the last run ended. */
export interface LastOutcome {
  readonly verdict: RecordedVerdict | null;
  /** The commit that it tried to apply. */
  readonly attempted: Revision | null;
  readonly backoff: Backoff | null;
  /** The codes of its errors, and of what it waits for from other targets. */
  readonly errors: readonly string[];
  /** A commit that has Headgate's pending status and no final one yet. */
  readonly pendingOn: Revision | null;
  /** A tip that is an ancestor of the applied commit, found by a sweep without a delivery. */
  readonly rewind: Revision | null;
  /** Runs fail because something outside Git does, and are repeated. Null: the last run had an outcome. */
  readonly retry: Retry | null;
}

/** Why runs are repeated; the log has every attempt. */
export interface Retry {
  /** The commit that a delivery named; null: a sweep queued the run. */
  readonly revision: Revision | null;
  readonly reason: string;
  /** RFC 3339. */
  readonly since: string;
  /** The delivery of the request that was given up. Absent: none was. */
  readonly gaveUpOn?: string | undefined;
}

/** How long sweeps skip a commit that was refused, partially applied or has to wait. */
export interface Backoff {
  readonly revision: Revision;
  readonly settings: string;
  readonly class: 'manifest' | 'guard';
  readonly tries: number;
  readonly nextTryMs: number;
}

/** Work that is not finished although its run has closed. */
export interface Progress {
  /** The last run that wrote objects that take time to become ready. The `.ready` object records the result. */
  readonly awaited: AwaitedRun | null;
  /** The last run closed before its end and resumes when what it waits for is ready. */
  readonly waiting: Waiting | null;
  /** Null: the last run needed no approval, or has ended. */
  readonly approved: Approved | null;
}

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

export interface AwaitedRun {
  readonly revision: Revision;
  /** When the run began. Distinguishes runs of the same commit. */
  readonly sinceMs: number;
}

export interface Waiting {
  readonly revision: Revision;
  /** When the first run of this commit began. */
  readonly sinceMs: number;
  readonly created: number;
  readonly updated: number;
  readonly pruned: number;
  readonly adopted?: number | undefined;
  /** Everything is written, and only prunes are left. */
  readonly isApplied: boolean;
  /** Human-readable: `Deployment shop/db`, `target infra-prod`. */
  readonly on: readonly string[];
  /** A hold, a window or a missing approval keeps the commit from being deployed, although nothing else does. */
  readonly isDeferred: boolean;
  /** The entries of unfinished files are accurate: the run that recorded them has closed. */
  readonly isExact: boolean;
  /** A run of it has opened and was killed, and the next one waits. Absent: false. */
  readonly isOpened?: boolean | undefined;
}

/** What drift detection found, and the objects it corrected recently. */
export interface DriftState {
  readonly found: Drift | null;
  /** Keep two writers from undoing each other forever. */
  readonly contests: Contests;
}

/** Objects that differ from the applied commit and have not been corrected. */
export interface Drift {
  readonly objects: number;
  /** RFC 3339. */
  readonly since: string;
}

/** The state of a target that has no state object. */
export const NOTHING_RECORDED: TargetState = {
  hasOtherOrigin: false,
  applied: { source: null, settings: null, renderer: PLAIN, inputs: {}, deployedAt: null },
  inventory: {
    isRecorded: false,
    shards: [],
    unlistedShards: [],
    inline: [],
    count: 0,
    groupKinds: [],
    namespaces: [],
  },
  run: { lease: null, dirty: 'all' },
  outcome: { verdict: null, attempted: null, errors: [], backoff: null, pendingOn: null, rewind: null, retry: null },
  progress: { awaited: null, waiting: null, approved: null },
  drift: { found: null, contests: {} },
  history: [],
  hold: null,
};

/** What one write of the state changes; everything else stays as it is. */
export interface StateChange {
  readonly applied?: Partial<Applied>;
  readonly inventory?: Partial<RecordedInventory>;
  readonly run?: Partial<RunState>;
  readonly outcome?: Partial<LastOutcome>;
  readonly progress?: Partial<Progress>;
  readonly drift?: Partial<DriftState>;
  readonly history?: History | undefined;
}

export function withChange(state: TargetState, change: StateChange): TargetState {
  return {
    hasOtherOrigin: state.hasOtherOrigin,
    applied: { ...state.applied, ...change.applied },
    inventory: { ...state.inventory, ...change.inventory },
    run: { ...state.run, ...change.run },
    outcome: { ...state.outcome, ...change.outcome },
    progress: { ...state.progress, ...change.progress },
    drift: { ...state.drift, ...change.drift },
    history: change.history ?? state.history,
    hold: state.hold,
  };
}

/** Would the change make any difference to this state? */
export function changesState(state: TargetState, change: StateChange): boolean {
  return !isDeepStrictEqual(withChange(state, change), state);
}

/** Both changes as one; the second one wins. */
export function joinChanges(first: StateChange, second: StateChange): StateChange {
  return {
    applied: { ...first.applied, ...second.applied },
    inventory: { ...first.inventory, ...second.inventory },
    run: { ...first.run, ...second.run },
    outcome: { ...first.outcome, ...second.outcome },
    progress: { ...first.progress, ...second.progress },
    drift: { ...first.drift, ...second.drift },
    history: second.history ?? first.history,
  };
}
