import type { Target } from '../../config/checked/config.ts';
import type { Approval } from '../../plan/approval/approval.ts';
import type { Suspect } from '../../state/suspect.ts';
import type { ObjectId, Revision } from '../../snapshot/source.ts';

/** Where a ref points now, according to a delivery. */
export interface Hint {
  readonly revision: Revision;
  readonly rootTree: ObjectId | null;
  /** A forced push may go back to an older commit. */
  readonly isForced: boolean;
}

/** The target or template that a request is for. Plain JSON. */
export interface Recipient {
  /** The name of the target or, for a whole template, of the template. It is the message group of the queue. */
  readonly target: string;
  /** The template, and the directory that the target is generated from; null: all of its directories. */
  readonly generatedFrom?: { readonly template: string; readonly directory: string | null } | undefined;
}

/** What triggered a run: a delivery, the sweep, or a command. */
export type Trigger =
  | { readonly kind: 'delivery'; readonly id: string }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'cli'; readonly by?: string | undefined };

/** The log field `delivery`: the Git host's delivery id, `sweep` or `cli`. For people only: a host may send any id. */
export function deliveryOf(trigger: Trigger): string {
  return trigger.kind === 'delivery' ? trigger.id : trigger.kind;
}

/** Who requested a run: the delivery, the sweep, or a person at the command line. */
export function requesterOf(trigger: Trigger): string {
  return trigger.kind === 'cli' && trigger.by !== undefined ? `cli ${trigger.by}` : deliveryOf(trigger);
}

/** Requests that one target reaches the tip of its ref. Plain JSON: it is the body of a queue message. */
export interface DeployRequest extends Recipient {
  readonly trigger: Trigger;
  /** Only a hint: the tip is read from Git. */
  readonly hint: Hint | null;
  /** When it was requested, RFC 3339. */
  readonly at: string;
  /** If set, only these objects are checked, at the applied commit. */
  readonly drift?: DriftRequest | undefined;
  /** Requested again when this run has ended: they depend on what it does. */
  readonly wakes?: readonly Recipient[] | undefined;
  /** The run is requested because runs of these targets ended, one after the other. */
  readonly wokenBy?: readonly string[] | undefined;
  /** The queue gave up on it: this is reported, and nothing is deployed. */
  readonly gaveUp?: true | undefined;
  /** The plan that a person approved. */
  readonly approval?: Approval | undefined;
  /** How often the queue delivered it, this time included. Not in the message. */
  readonly tries?: number | undefined;
}

/** Is it requested by a run of another target, rather than by a delivery, a command or the sweep itself? */
export function isCausedByRun({ wakes = [], wokenBy = [] }: Pick<DeployRequest, 'wakes' | 'wokenBy'>): boolean {
  return wakes.length + wokenBy.length > 0;
}

/** What `sweepDrift` found. */
export interface DriftRequest {
  /** `all`: too many for a message. */
  readonly suspects: readonly Suspect[] | 'all';
  /** How many more differ and are left alone for now: another writer contests them. */
  readonly resting: number;
  /** Set if the state announces more kinds or namespaces than the target owns. */
  readonly announced?: Announced | undefined;
}

/** What a state should announce instead, unless the target was deployed since. */
export interface Announced {
  readonly groupKinds: readonly string[];
  readonly namespaces: readonly string[];
  readonly deployedAt: string | null;
}

/** A request whose target was found in the configuration. */
export type TargetRequest = Omit<DeployRequest, keyof Recipient> & {
  readonly target: Target;
  /** Commits of older requests that failed runs have left pending. */
  readonly leftPending?: readonly Revision[];
};
