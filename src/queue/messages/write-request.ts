import * as z from 'zod/mini';
import { asRevision } from '../../snapshot/source.ts';
import type { Revision } from '../../snapshot/source.ts';
import { parseBody } from './body.ts';

/** Something is to be written to Git. */
export type WriteRequest = VersionWriteRequest | RecordRequest;

/** A branch is to get the wanted versions of its images, or a stage those of the stage before. Which ones they are is read later. */
interface VersionWriteRequest {
  /** The group: `write/fleet/main`, `promote/shop/shop-prod`. */
  readonly target: string;
  readonly outcome?: undefined;
}

/** The outcome of a run is to be recorded in its repository. */
export interface RecordRequest {
  /** The group: `record/fleet`. */
  readonly target: string;
  readonly outcome: CommitOutcome;
}

/** What is recorded about one commit of a target. */
export interface CommitOutcome {
  readonly name: string;
  /** The name of its repository in headgate.yml. */
  readonly repository: string;
  readonly revision: Revision;
  /** The target is at this commit now. */
  readonly isDeployed: boolean;
  /** One line: the verdict, its time, and the counts or the reason. */
  readonly note: string;
  /** RFC 3339. */
  readonly at: string;
}

/** Takes outcomes of runs that are to be recorded in Git, and keeps them until they are. */
export interface Outcomes {
  add(outcomes: readonly CommitOutcome[], signal: AbortSignal): Promise<void>;
}

/** Requests looks at branches. The first message of a group hides the later ones until it is due. */
export interface WriteQueue {
  send(polls: readonly { readonly group: string; readonly afterMs: number }[], signal: AbortSignal): Promise<void>;
}

const VersionBody = z.object({ target: z.string().check(z.regex(/^(?:write|promote)\//)) });

const RecordBody = z.object({
  target: z.string().check(z.startsWith('record/')),
  outcome: z.object({
    name: z.string(),
    repository: z.string(),
    revision: z.string(),
    isDeployed: z.boolean(),
    note: z.string(),
    at: z.string(),
  }),
});

/** The request in a message body; null if it is not one. */
export function readWrite(body: string): WriteRequest | null {
  const value = parseBody(body);
  const record = z.safeParse(RecordBody, value).data;
  if (record === undefined) return z.safeParse(VersionBody, value).data ?? null;
  const revision = asRevision(record.outcome.revision);
  return revision === null ? null : { ...record, outcome: { ...record.outcome, revision } };
}
