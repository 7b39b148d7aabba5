import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { chooseVersions } from './choose-versions.ts';
import type { Wanted } from './choose-versions.ts';
import { emptyMemory } from './branch-memory.ts';
import { formatVersion, needsDigest, outdated, referencesTo, versionsIn } from './outdated.ts';
import type { UpdatePorts } from './ports.ts';
import { openProposalOf } from './propose-update.ts';
import { readBranch } from './read-branch.ts';
import { versionsOf } from './record.ts';
import { rememberDigests } from './remember-digests.ts';
import { findHeld } from './reverted.ts';
import type { RevertedContext, Reverted } from './reverted.ts';
import type { WriteGroup, WrittenImage } from './write-group.ts';

/** One image on one branch, as the next poll would find it. */
export interface ImageState {
  readonly image: string;
  readonly repository: string;
  readonly branch: string;
  /** The versions at the tip, each once. */
  readonly current: readonly string[];
  /** The version that the policy wants; null: there is none. */
  readonly wanted: string | null;
  /** Why the wanted version is not at the tip, or why there is none; null: it is. */
  readonly reason: string | null;
  /** What could not be read; null: all of it was. */
  readonly problem: Problem | null;
}

type LookPorts = Pick<UpdatePorts, 'registry' | 'openReader' | 'openProposals' | 'log' | 'readers' | 'trust'>;

/** What is at the tip of a branch, what the policies want, and why it differs. Nothing is written. */
export async function lookAtBranch(
  group: WriteGroup,
  { registry: each, openReader, openProposals, log, readers, trust }: LookPorts,
  signal: AbortSignal,
): Promise<readonly ImageState[]> {
  const registry = rememberDigests(each);
  const wanted = await chooseVersions(group.images, registry, signal);
  const reader = await openReader(group.repository);
  const memory = emptyMemory();
  const branch = await readBranch(group, { reader, memory, log, readers }, signal);
  const findOpen = openProposalOf(group, { openProposals }, signal);
  const looking = { group, branch, reader, memory, readers, trust, findOpen };
  const states: ImageState[] = [];
  for (const image of group.images) {
    const want = wanted.get(image.policy.name) ?? NOT_WANTED;
    states.push(await stateOf(image, want, { looking, registry, signal }));
  }
  return states;
}

const NOT_WANTED: Wanted = { kind: 'none', reason: 'the registry was not read' };

interface Within {
  readonly looking: RevertedContext;
  readonly registry: LookPorts['registry'];
  readonly signal: AbortSignal;
}

async function stateOf({ policy }: WrittenImage, want: Wanted, within: Within): Promise<ImageState> {
  const { group, branch } = within.looking;
  const references = referencesTo(policy.name, branch.files);
  const isPinned = policy.policy.kind === 'digest';
  const state = {
    image: policy.name,
    repository: group.repository.name,
    branch: group.branch,
    current: versionsIn(references, isPinned),
    wanted: null,
    problem: null,
  };
  if (want.kind === 'failed') return { ...state, reason: want.error.message, problem: want.error.problem };
  if (want.kind === 'none') return { ...state, reason: want.reason };
  const digest = needsDigest(policy, references) ? await digestIn(within, policy, want.tag) : null;
  if (digest instanceof DeployError) return { ...state, reason: digest.message, problem: digest.problem };
  const version = { tag: want.tag, digest, isPinned };
  const text = formatVersion(version);
  const found = { ...state, wanted: text };
  if (references.length === 0) return { ...found, reason: 'no file below the paths names the image' };
  const behind = outdated(references, version, policy);
  if (behind.length === 0) return { ...found, reason: null };
  const { looking, signal } = within;
  const held = await findHeld({ policy, version: text, behind, all: references }, looking, signal);
  return {
    ...found,
    reason:
      held === null ? await nextOf({ image: policy.name, version: text }, looking, signal) : heldBy(policy.name, held),
  };
}

/** The error when it cannot be read: the other images of the branch are shown all the same. */
async function digestIn(
  { registry, signal }: Within,
  policy: WrittenImage['policy'],
  tag: string,
): Promise<string | DeployError | null> {
  return registry.digestOf(policy, tag, signal).catch((thrown: unknown) => asDeployError(thrown));
}

async function nextOf(
  { image, version }: { readonly image: string; readonly version: string },
  { group, branch: { headTip }, reader, findOpen }: RevertedContext,
  signal: AbortSignal,
): Promise<string> {
  if (group.via !== 'pullRequest') return 'the next poll writes it';
  const open = await findOpen();
  if (open === null || headTip === null) return 'the next poll proposes it';
  const [head] = await reader.history({ tip: headTip, known: null, depth: 1 }, signal);
  const proposed = versionsOf(head?.message ?? '');
  const { number, url } = open;
  if (proposed.size === 0) return `someone else pushed to pull request ${number}, so it is left alone: ${url}`;
  return proposed.get(image) === version
    ? `waits for pull request ${number}: ${url}`
    : `the next poll updates pull request ${number}: ${url}`;
}

function heldBy(image: string, { version, write: { commit, pullRequest } }: Reverted): string {
  const why =
    pullRequest === null
      ? `${version} was written${commit === null ? '' : ` by ${commit.slice(0, 12)}`} and reverted`
      : `pull request ${pullRequest} proposed ${version}, and was closed, or merged and reverted`;
  return `held: ${why}; to write it again: headgate images release ${image}`;
}

/** The state of each image of a branch that could not be read. */
export function unreadStates({ images, repository, branch }: WriteGroup, error: DeployError): readonly ImageState[] {
  return images.map(({ policy }) => ({
    image: policy.name,
    repository: repository.name,
    branch,
    current: [],
    wanted: null,
    reason: error.message,
    problem: error.problem,
  }));
}
