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

/** What caused a run: a push that was delivered, the scheduled look at all targets, or a command. */
export type Trigger = { readonly kind: 'delivery'; readonly id: string } | { readonly kind: 'sweep' | 'cli' };

/** As the log's field `delivery` has it: the Git host's delivery id, `sweep` or `cli`. It is for people: a host may send any id. */
export function deliveryOf(trigger: Trigger): string {
  return trigger.kind === 'delivery' ? trigger.id : trigger.kind;
}

/** One target asked to reach the tip of its ref. Plain JSON: it is the body of a queue message. */
export interface DeployRequest extends Recipient {
  readonly trigger: Trigger;
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
