import { asDeployError, DeployError, needsPerson } from '../../error/deploy-error.ts';
import { inParallel } from '../../exchange/pool.ts';
import type { BranchChange, TreeObject } from '../../images/branch-writer.ts';
import { asRevision } from '../../snapshot/source.ts';
import type { ObjectId, Revision } from '../../snapshot/source.ts';
import { formatOf } from '../wire/object-format.ts';
import type { GitServer } from '../wire/transport.ts';
import { commitObject } from './new-objects.ts';
import type { NewObject } from './new-objects.ts';
import { notePath, treesWithNotes } from './notes.ts';
import { packFile } from './pack-file.ts';
import { receivePack } from './receive-pack.ts';
import type { Advertised, RefUpdate } from './receive-pack.ts';
import { isRace, withRemedy } from './refusal.ts';

/** What is recorded of one target. */
export interface TargetRecord {
  readonly target: string;
  /** Where `refs/headgate/<target>` has to be; null: it stays where it is. */
  readonly deployed: Revision | null;
  /** By commit. They replace the notes that the commits have in `refs/notes/headgate/<target>`. */
  readonly notes: ReadonlyMap<Revision, string>;
  readonly atMs: number;
}

/** Moves refs that only Headgate writes, wherever they are. */
export interface RefWriter {
  readonly usage: { readonly requests: number; readonly bytes: number };
  /** Finds out whether the credentials may push, and pushes nothing. @throws DeployError `git-unauthorized` */
  look(signal: AbortSignal): Promise<void>;
  /** One push for all of them: a ref that the host refuses holds up no other. @throws DeployError when nothing was pushed */
  write(records: readonly TargetRecord[], signal: AbortSignal): Promise<readonly RefusedRecord[]>;
}

export interface RefusedRecord {
  readonly target: string;
  /** `git-unreachable` when another process moved the ref at the same time, so that a second try may succeed. */
  readonly error: DeployError;
}

/** What the earlier notes are read with. */
export interface NotesReader {
  rootTree(revision: Revision, signal: AbortSignal): Promise<ObjectId>;
  treesAbove(
    rootTree: ObjectId,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, TreeObject>>;
}

const AUTHOR: BranchChange['author'] = { name: 'headgate', email: 'headgate@localhost' };
const AT_ONCE = 4;

/** `server` has the credentials of `write`, `reader` those that the repository is read with. */
export function openRefWriter(server: GitServer, reader: NotesReader): RefWriter {
  const remote = receivePack(server);

  async function write(records: readonly TargetRecord[], signal: AbortSignal): Promise<readonly RefusedRecord[]> {
    const advertised = await remote.advertised(signal);
    const prepared = await inParallel(records, AT_ONCE, (record) => prepare(record, advertised, signal));
    const refused = prepared.flatMap((each) => (each.kind === 'refused' ? [each] : []));
    const ready = prepared.flatMap((each) => (each.kind === 'ready' ? [each] : []));
    const updates = ready.flatMap((each) => each.updates);
    const [first] = updates;
    if (first === undefined) return refused;
    const format = formatOf(first.to);
    const pack = packFile(
      ready.flatMap(({ objects }) => objects),
      format,
    );
    const report = await remote.push({ updates, pack, isAtomic: false }, { advertised, format }, signal);
    const notMoved = ready.flatMap(({ target, updates: own }) => {
      const ref = own.findLast((update) => report.refused.has(update.ref))?.ref;
      const reason = [report.refused.get(ref ?? '') ?? '', report.remarks].filter(Boolean).join('; ');
      return ref === undefined ? [] : [{ target, error: refusal(ref, reason, server) }];
    });
    return [...refused, ...notMoved];
  }

  /** A target whose notes cannot be read holds up no other target. */
  async function prepare(record: TargetRecord, advertised: Advertised, signal: AbortSignal): Promise<Prepared> {
    const { target, deployed } = record;
    try {
      const notes = await notesOf(record, advertised, signal);
      const ref = `refs/headgate/${target}`;
      const from = advertised.refs.get(ref) ?? null;
      const moved = deployed === null || from === deployed ? [] : [{ ref, from, to: deployed }];
      // Hosts move them one after the other: whatever reads the new ref finds the note.
      return { kind: 'ready', target, objects: notes.objects, updates: [...notes.updates, ...moved] };
    } catch (thrown) {
      const error = asDeployError(thrown);
      if (!needsPerson(error.code)) throw thrown;
      return { kind: 'refused', target, error };
    }
  }

  async function notesOf({ target, notes, atMs }: TargetRecord, { refs }: Advertised, signal: AbortSignal) {
    const [commit] = notes.keys();
    const ref = `refs/notes/headgate/${target}`;
    const from = refs.get(ref) ?? null;
    if (commit === undefined) return { objects: [], updates: [] };
    const before = from === null ? null : await notesAt(from, [...notes.keys()], signal);
    const format = formatOf(commit);
    const trees = treesWithNotes(before?.trees ?? new Map(), notes, format);
    const tree = trees.at(-1)?.id ?? '';
    // The queue delivers a message again when the process dies after the push.
    if (tree === before?.rootTree) return { objects: [], updates: [] };
    const text = {
      tree,
      parents: from === null ? [] : [from],
      author: AUTHOR,
      atMs,
      message: 'Notes of headgate',
      sign: null,
    };
    const written = commitObject(text, format);
    return { objects: [...trees, written], updates: [{ ref, from, to: written.id }] };
  }

  async function notesAt(tip: string, commits: readonly Revision[], signal: AbortSignal) {
    const revision = asRevision(tip);
    if (revision === null) return null;
    const rootTree = await reader.rootTree(revision, signal);
    const paths = commits.map((commit) => notePath(commit));
    return { rootTree, trees: await reader.treesAbove(rootTree, paths, signal) };
  }

  return {
    usage: remote.usage,
    look: (signal) => withRemedy(remote.advertised(signal).then(() => undefined)),
    write: (records, signal) => withRemedy(write(records, signal)),
  };
}

type Prepared =
  | {
      readonly kind: 'ready';
      readonly target: string;
      readonly objects: readonly NewObject[];
      readonly updates: readonly RefUpdate[];
    }
  | ({ readonly kind: 'refused' } & RefusedRecord);

function refusal(ref: string, reason: string, server: GitServer): DeployError {
  const code = isRace(reason) ? 'git-unreachable' : 'push-refused';
  return new DeployError(code, {
    subject: server.url,
    message: `the Git host refused to move ${ref}: ${reason}`,
    remedy:
      "Let the account of the repository's write credentials push to refs/headgate/* and refs/notes/headgate/*, or set record: none.",
  });
}
