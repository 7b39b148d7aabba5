import { asDeployError } from '../../error/deploy-error.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import type { BranchRecord } from '../branch-writer.ts';
import { textFor } from '../edit/reference.ts';
import type { ImageVersion } from '../edit/reference.ts';
import { replaceReferences } from '../edit/replace.ts';
import type { BranchMemory } from './branch-memory.ts';
import { inParallel } from '../../exchange/pool.ts';
import { AT_ONCE, chooseAfter } from './choose-versions.ts';
import type { ChosenVersions, Wanted } from './choose-versions.ts';
import { commitMessage } from './commit-message.ts';
import type { ImageChange } from './commit-message.ts';
import { formatVersion, needsDigest, outdated, referencesTo, versionsIn } from './outdated.ts';
import type { ReferenceIn } from './outdated.ts';
import type { UpdatePorts } from './ports.ts';
import { readBranch } from './read-branch.ts';
import { recordMessage, recordRef } from './record.ts';
import { findHeld } from './reverted.ts';
import type { RevertedContext } from './reverted.ts';
import { openProposalOf, proposeUpdate } from './propose-update.ts';
import {
  reportFailed,
  reportHeld,
  reportLeftAlone,
  reportProposed,
  reportWanted,
  reportWritten,
} from './update-log.ts';
import type { WriteGroup, WrittenImage } from './write-group.ts';

/** The outcome of one update of a branch. */
export type Updated = Committed & {
  /** Of an image that could not be read in its registry: it is left out. */
  readonly failure: DeployError | null;
};

type Committed =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'written'; readonly revision: string; readonly changes: readonly ImageChange[] }
  /** Another writer was faster each time. */
  | { readonly kind: 'overtaken' };

/** How often a race with another writer is lost before the message is given back to the queue. */
const ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 500;

/** Brings every image of a branch to the version that its policy wants, by one commit. */
export async function updateBranch(
  group: WriteGroup,
  ports: UpdatePorts,
  { memory, signal }: { readonly memory: BranchMemory; readonly signal: AbortSignal },
): Promise<Updated> {
  const reader = await ports.openReader(group.repository);
  let chosen: ChosenVersions | null = null;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const branch = await readBranch(group, { ...ports, reader, memory }, signal);
    chosen = await chooseAfter(chosen, { group, branch }, { registry: ports.registry, signal });
    const { wanted, registry } = chosen;
    if (attempt === 1) reportWanted(group, wanted, ports);
    const findOpen = openProposalOf(group, ports, signal);
    const looking = { group, branch, reader, memory, readers: ports.readers, trust: ports.trust, findOpen };
    const decided = await decide(wanted, looking, { ...ports, registry }, signal);
    const updated = await commit(decided, looking, ports, signal);
    if (updated.kind !== 'overtaken') return { ...updated, failure: failureIn(wanted) };
    await ports.wait(Math.min(20 * 2 ** attempt, LONGEST_PAUSE_MS), signal);
  }
  return { kind: 'overtaken', failure: failureIn(chosen?.wanted ?? new Map()) };
}

function failureIn(wanted: ReadonlyMap<string, Wanted>): DeployError | null {
  return [...wanted.values()].find((each) => each.kind === 'failed')?.error ?? null;
}

/** One image to write, with the references that change. */
interface Decided {
  readonly image: WrittenImage;
  readonly version: ImageVersion;
  readonly references: readonly ReferenceIn[];
}

/** An image whose digest cannot be read is left out, as one whose tags cannot be listed. */
async function decide(
  wanted: Map<string, Wanted>,
  looking: RevertedContext,
  ports: UpdatePorts,
  signal: AbortSignal,
): Promise<readonly Decided[]> {
  const decided = await inParallel(looking.group.images, AT_ONCE, async (image) => {
    const { name } = image.policy;
    const want = wanted.get(name);
    const one = want?.kind === 'tag' ? await decideOne(image, want.tag, { looking, ports, signal }) : null;
    if (one === null || !('error' in one)) return one;
    wanted.set(name, { kind: 'failed', error: one.error });
    reportFailed({ image: name, error: one.error }, looking.group, ports);
    return null;
  });
  return decided.filter((each) => each !== null);
}

interface Deciding {
  readonly looking: RevertedContext;
  readonly ports: UpdatePorts;
  readonly signal: AbortSignal;
}

/** Null: nothing of it is to be written. */
async function decideOne(
  image: WrittenImage,
  tag: string,
  { looking, ports, signal }: Deciding,
): Promise<Decided | { readonly error: DeployError } | null> {
  const { policy } = image;
  const all = referencesTo(policy.name, looking.branch.files);
  if (all.length === 0) return null;
  const found = await findOutdated(policy, { tag, all }, { ...ports, signal });
  if (found === null || 'error' in found) return found;
  const { version, behind } = found;
  const held = await heldReferences({ image, version, behind, all }, { looking, ports, signal });
  const references = behind.filter((each) => !held.has(each));
  return references.length === 0 ? null : { image, version, references };
}

interface Outdated {
  readonly version: ImageVersion;
  readonly behind: readonly ReferenceIn[];
}

/** Null: no reference is outdated, or the tag was deleted since it was listed. */
async function findOutdated(
  policy: WrittenImage['policy'],
  { tag, all }: { readonly tag: string; readonly all: readonly ReferenceIn[] },
  { registry, signal }: Pick<UpdatePorts, 'registry'> & { readonly signal: AbortSignal },
): Promise<Outdated | { readonly error: DeployError } | null> {
  const isPinned = policy.policy.kind === 'digest';
  try {
    const early = needsDigest(policy, all) ? await registry.digestOf(policy, tag, signal) : null;
    const behind = outdated(all, { tag, digest: early, isPinned }, policy);
    if (behind.length === 0) return null;
    // What is written names its digest, so that it is known later what the tag was.
    const digest = early ?? (await registry.digestOf(policy, tag, signal));
    return digest === null ? null : { version: { tag, digest, isPinned }, behind };
  } catch (thrown) {
    return { error: asDeployError(thrown) };
  }
}

/** What a person took back stays as it is. */
async function heldReferences(
  {
    image: { policy },
    version,
    behind,
    all,
  }: { image: WrittenImage; version: ImageVersion; behind: readonly ReferenceIn[]; all: readonly ReferenceIn[] },
  { looking, ports, signal }: Deciding,
): Promise<ReadonlySet<ReferenceIn>> {
  const held = await findHeld({ policy, version: formatVersion(version), behind, all }, looking, signal);
  if (held === null) return new Set();
  reportHeld({ policy, reverted: held }, looking.group, ports);
  return new Set(policy.afterRevert === 'skip' ? held.references : behind);
}

async function commit(
  decided: readonly Decided[],
  looking: RevertedContext,
  ports: UpdatePorts,
  signal: AbortSignal,
): Promise<Committed> {
  const { group, branch, reader } = looking;
  const files = editedFiles(decided, branch.files);
  const changes = decided.map((each) => changeOf(each));
  const [first] = changes;
  if (first === undefined) return { kind: 'unchanged' };
  const trees = await reader.treesAbove(branch.rootTree, [...files.keys()], signal);
  const made = {
    tip: branch.revision,
    rootTree: branch.rootTree,
    trees,
    files,
    author: first.policy.commit.author,
    atMs: ports.nowMs(),
    message: commitMessage(changes),
    sign: await ports.signerOf(first.policy),
  };
  if (group.via === 'pullRequest') return proposeChanges({ changes, commit: made }, looking, { ports, signal });
  const writer = await ports.openWriter(group.repository, group.via);
  const records = changes.map((change) => recordOf(change, branch.recordTips, group));
  const written = await writer.write({ ...made, ref: group.ref, records }, signal);
  if (written.kind === 'overtaken') return written;
  const usage = { read: reader.usage, write: writer.usage };
  await reportWritten({ group, changes, written, usage }, ports, signal);
  return { kind: 'written', revision: written.revision, changes };
}

async function proposeChanges(
  made: Parameters<typeof proposeUpdate>[0],
  looking: RevertedContext,
  to: Parameters<typeof proposeUpdate>[2],
): Promise<Committed> {
  const { changes } = made;
  const proposed = await proposeUpdate(made, looking, to);
  switch (proposed.kind) {
    case 'proposed': {
      await reportProposed({ changes, proposed }, looking.group, to);
      return { kind: 'written', revision: proposed.revision, changes };
    }
    case 'left-alone':
      reportLeftAlone(looking.group, proposed.revision, to.ports);
      return { kind: 'unchanged' };
    case 'current':
      return { kind: 'unchanged' };
    case 'overtaken':
      return proposed;
    default:
      return proposed satisfies never;
  }
}

function editedFiles(
  decided: readonly Decided[],
  files: RevertedContext['branch']['files'],
): ReadonlyMap<string, Uint8Array> {
  const replacements = decided.flatMap(({ image, version, references }) =>
    references.flatMap(({ path, reference }) => {
      const to = textFor(reference, version, image.policy);
      return to === null || to === reference.text ? [] : [{ path, reference, to }];
    }),
  );
  return new Map(
    [...Map.groupBy(replacements, ({ path }) => path)].map(([path, own]) => [
      path,
      Buffer.from(replaceReferences(files.get(path)?.text ?? '', own)),
    ]),
  );
}

function changeOf({ image: { policy }, version, references }: Decided): ImageChange {
  return {
    policy,
    from: versionsIn(references, version.isPinned),
    to: formatVersion(version),
    digest: version.digest ?? '',
    files: [...new Set(references.map(({ path }) => path))],
  };
}

function recordOf(
  { policy, from, to }: ImageChange,
  tips: RevertedContext['branch']['recordTips'],
  { branch }: WriteGroup,
): BranchRecord {
  const ref = recordRef(policy.name);
  const message = (revision: string) => recordMessage({ image: policy.name, from, to, branch }, revision);
  return { ref, tip: tips.get(ref) ?? null, message };
}
