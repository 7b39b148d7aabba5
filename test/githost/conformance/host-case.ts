import type { HostName } from '../../../src/githost/hosts.ts';
import type { Delivery } from '../../../src/githost/port/git-host.ts';

/** What a host cannot say. The suite then asserts what users get instead. */
export type Lack =
  /** Deliveries over HTTP: what arrives there is refused, and its events reach the function by the platform alone. */
  | 'http'
  /** Which files a push changed: every target of the branch is queued. */
  | 'changed-paths'
  /** Whether a push was forced: a rewind is found when the tip is read. */
  | 'forced-flag'
  /** The tree of the new commit: reading it takes one more request. */
  | 'root-tree'
  /** An immutable id of the repository: a delivery is bound to its name. */
  | 'repository-id'
  /** When a delivery was signed: an old delivery is accepted again, which is harmless, because a run reads the tip. */
  | 'signed-time'
  /** A signature over the body: a shared token proves the origin, and TLS protects the body. */
  | 'signed-body'
  /** The id of a delivery in its headers: one is made here, and a delivery that is sent again has another one. */
  | 'delivery-id'
  /** Several refs in one delivery: there is one delivery per ref. */
  | 'several-refs'
  /** Tags: they are never sent. */
  | 'tags'
  /** Commit statuses: outcomes are in the log, the state and the Events. */
  | 'statuses'
  /** Pull requests that Headgate reads: they are not planned. */
  | 'pull-requests'
  /** Deployments in its API: an environment is shown in a comment. */
  | 'deployments'
  /** Webhooks in its API: they are registered by hand. */
  | 'hook-api'
  /** A test delivery over its API: the next push is the test. */
  | 'test-delivery'
  /** Deliveries in its API: they are seen in the settings of the repository. */
  | 'delivery-log';

/** One change of a ref. `before` or `after` null: it did not exist, or does not any more. */
export interface Change {
  readonly ref: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface Signing {
  readonly secret: string;
  readonly sentAtMs: number;
}

/** How a host sends a delivery, written independently of the code that reads it. */
export interface HostCase {
  /** The name of the case in a list of failures. */
  readonly name: string;
  readonly host: HostName;
  readonly lacks: readonly Lack[];
  readonly secret: string;
  readonly otherSecret: string;
  readonly url: string;
  readonly api: string | null;
  readonly fullName: string;
  /** Null: the host has none. */
  readonly id: string | null;
  /** How a request for a status has its name, if not as `headgate/shop`. */
  readonly statusName?: string;
  /** Names may have spaces, which its requests encode. */
  readonly hasSpaces?: boolean;
  /** A push by which these refs changed, to the repository with this name. */
  push(changes: readonly Change[], repository?: { readonly id: string; readonly fullName: string }): Sent;
  /** What the host sends about a deleted branch, if it is not a push. */
  readonly deletedBranch?: (branch: string) => Sent;
  /** Signed deliveries that do not concern Headgate, by name. */
  readonly others: Readonly<Record<string, Sent>>;
  /** The headers of a signed body; '' as secret: of a webhook without one. */
  headers(body: Uint8Array, event: string, signing: Signing): Delivery['headers'];
}

/** A payload, and the event that the headers name. */
export interface Sent {
  readonly event: string;
  readonly payload: unknown;
}

export const OLD = '1'.repeat(39) + 'a';
export const NEW = '2'.repeat(39) + 'b';
export const TREE = '3'.repeat(40);
export const ZERO = '0'.repeat(40);
export const SENT_AT_MS = Date.parse('2026-01-01T00:00:00Z');
export const UPDATE: Change = { ref: 'refs/heads/main', before: OLD, after: NEW };

export function idOf(revision: string | null): string {
  return revision ?? ZERO;
}
