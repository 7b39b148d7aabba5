import type { Revision } from '../../snapshot/source.ts';
import type { RepositoryLocation } from '../port/host-api.ts';
import type { HostCall } from '../port/pull-requests.ts';

/** A commit that the host makes, and signs as far as it signs what its API does. */
export interface ApiCommit {
  /** Without `refs/heads/`. */
  readonly branch: string;
  /** Where the branch was read. */
  readonly tip: Revision;
  readonly message: string;
  /** Ignored by hosts that name the account of the token. */
  readonly author: { readonly name: string; readonly email: string };
  readonly files: readonly ApiFile[];
}

/** The new content of a file that exists. */
export interface ApiFile {
  readonly path: string;
  readonly content: Uint8Array;
  /** The id of its content at the tip. */
  readonly blob: string;
  /** The commit that changed it last; '' on a host that does not want it. */
  readonly lastCommit: string;
}

export type ApiCommitted =
  | { readonly kind: 'committed'; readonly revision: Revision }
  /** The branch, or a file of it, may have changed since it was read. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Commits by the API of a Git host. Pure: its methods only build requests and read answers. */
export interface CommitApi {
  /** Reads the commit that changed a file last. Null: the host compares what `ApiFile` and `ApiCommit` have. */
  readonly lastCommitOf:
    ((at: RepositoryLocation, file: { readonly path: string; readonly revision: Revision }) => HostCall<string>) | null;
  /** Changes files on the tip of a branch, and nothing that someone else has changed meanwhile. */
  commit(at: RepositoryLocation, commit: ApiCommit): HostCall<ApiCommitted>;
  /** The permission that it needs, in the host's words. */
  readonly permission: string;
}
