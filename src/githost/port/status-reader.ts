import type { Revision } from '../../snapshot/source.ts';
import type { CommitStatus, RepositoryLocation } from './host-api.ts';
import type { HostCall, Page } from './pull-requests.ts';

/** A commit status that any system wrote. */
export interface FoundStatus {
  readonly context: string;
  readonly state: CommitStatus['state'];
  /** The user name of who wrote it; null: the host does not say. */
  readonly author: string | null;
}

/** Reads the commit statuses of other systems. Pure: its methods only build requests and read answers. */
export interface StatusReader {
  /** A page of all statuses of a commit, the newest first. Pages begin at 1. */
  listStatuses(at: RepositoryLocation & { readonly revision: Revision }, page: number): HostCall<Page<FoundStatus>>;
  /** The permission that it needs, in the host's words. */
  readonly permission: string;
}
