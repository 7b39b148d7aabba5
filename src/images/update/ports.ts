import type { ProposalPorts } from '../../proposals/propose.ts';
import type { RecordTrust } from '../../proposals/signed-records.ts';
import type { ImagePolicy, Repository, WriteVia } from '../../config/checked/config.ts';
import type { BranchWriter, CommitSigner, TreeObject } from '../branch-writer.ts';
import type { Git } from '../../deploy/ports/git.ts';
import type { Readers } from '../../deploy/ports/tools.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { ImageWritten } from '../../deploy/ports/run-event.ts';
import type { ObjectId, PastCommit, Revision } from '../../snapshot/source.ts';
import type { Registry } from '../ports.ts';
import type { WriteGroup } from './write-group.ts';

/** What a branch is read with. */
export interface BranchReader extends Pick<Git, 'tips' | 'rootTree' | 'since' | 'files' | 'usage'> {
  treesAbove(
    rootTree: ObjectId,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, TreeObject>>;
  /** Commits along the first parents, the newest first. */
  history(
    query: { readonly tip: Revision; readonly known: Revision | null; readonly depth: number | null },
    signal: AbortSignal,
  ): Promise<readonly PastCommit[]>;
}

/** What updating a branch needs of the outside. */
export interface UpdatePorts extends Pick<ProposalPorts, 'openProposals'> {
  readonly registry: Registry;
  /** Files that were pushed are read apart from the event loop when they are large. */
  readonly readers: Pick<Readers, 'findReferences'>;
  readonly openReader: (repository: Repository) => Promise<BranchReader>;
  readonly openWriter: (repository: Repository, via: WriteVia) => Promise<BranchWriter>;
  /** Null: its commits are not signed. @throws DeployError `config-invalid` when its key cannot sign */
  readonly signerOf: (policy: ImagePolicy) => Promise<CommitSigner | null>;
  readonly trust: RecordTrust;
  readonly report: (event: ImageWritten, group: WriteGroup, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}
