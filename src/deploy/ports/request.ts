import type { Target } from '../../config/checked/config.ts';
import type { Suspect } from '../../state/suspect.ts';
import type { ObjectId, Revision } from '../../snapshot/source.ts';

/** What a delivery says a ref points at. */
export interface Hint {
  readonly revision: Revision;
  readonly rootTree: ObjectId | null;
  /** A forced push may go back to an older commit. */
  readonly isForced: boolean;
}

/** Whom a request is for. Plain JSON. */
export interface Recipient {
  /** The target's name, of a target of a template too; for a whole template the template's. It is the group of the queue. */
  readonly target: string;
  /** Of what a template makes: which template, and of which directory; null: of each that is there. */
  readonly generatedFrom?: { readonly template: string; readonly directory: string | null } | undefined;
}

/** One target asked to reach the tip of its ref. Plain JSON: it is the body of a queue message. */
export interface DeployRequest extends Recipient {
  /** The Git host's delivery id, or what else asked: `sweep`, `cli`. */
  readonly delivery: string;
  /** What the delivery says the ref points at. A hint: the tip is read from Git. */
  readonly hint: Hint | null;
  /** When it was asked for, RFC 3339. */
  readonly at: string;
  /** There when nothing but these objects is asked for, at the commit that is applied. */
  readonly drift?: DriftRequest | undefined;
}

/** What a look at the cluster has found. */
export interface DriftRequest {
  /** `all`: more than a message should hold. */
  readonly suspects: readonly Suspect[] | 'all';
  /** How many more differ, and are left as they are for now: two writers fight over them. */
  readonly resting: number;
}

/** A request whose target was found in the configuration. */
export type TargetRequest = Omit<DeployRequest, keyof Recipient> & { readonly target: Target };
