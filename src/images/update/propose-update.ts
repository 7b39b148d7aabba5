import { formatImage } from '../../config/images/image-reference.ts';
import type { ImagePolicy } from '../../config/checked/config.ts';
import { code } from '../../deploy/show/markdown-text.ts';
import type { OpenPullRequest } from '../../githost/port/pull-requests.ts';
import { findHead } from '../../proposals/head.ts';
import { propose } from '../../proposals/propose.ts';
import type { ProposalRef, Proposed } from '../../proposals/propose.ts';
import type { ReadyCommit } from '../branch-writer.ts';
import { commitMessage, formatPolicy } from './commit-message.ts';
import type { ImageChange } from './commit-message.ts';
import type { UpdatePorts } from './ports.ts';
import { proposalMessage, recordRef, versionsOf } from './record.ts';
import { readChain } from './reverted.ts';
import type { RevertedContext } from './reverted.ts';
import { headOf } from './write-group.ts';
import type { WriteGroup } from './write-group.ts';

/** The wanted versions of a branch, on one pull request. `commit`: the change on the tip of the branch. */
export async function proposeUpdate(
  { changes, commit }: { readonly changes: readonly ImageChange[]; readonly commit: ReadyCommit },
  looking: RevertedContext,
  { ports, signal }: { readonly ports: UpdatePorts; readonly signal: AbortSignal },
): Promise<Proposed> {
  const { group, branch, reader } = looking;
  const recorded = await recordedMessages(looking, signal);
  const wanted = new Map(changes.map(({ policy, to }) => [policy.name, to]));
  const sought = { tip: branch.headTip, recorded, files: commit.files, isSame: isSameAs(wanted) };
  const openWriter = () => ports.openWriter(group.repository, group.via);
  return propose(
    {
      repository: group.repository,
      head: headOf(group),
      into: group.branch,
      found: await findHead(sought, reader, signal),
      open: await looking.findOpen(),
      commit: () => Promise.resolve(commit),
      text: pullRequestText(changes),
      records: changes.map((change) => recordOf(change, looking)),
    },
    { openWriter, openProposals: ports.openProposals, reader },
    signal,
  );
}

/** The open pull request of a group, requested once. */
export function openProposalOf(
  group: WriteGroup,
  { openProposals }: Pick<UpdatePorts, 'openProposals'>,
  signal: AbortSignal,
): RevertedContext['findOpen'] {
  if (group.via !== 'pullRequest') return () => Promise.resolve(null);
  let found: Promise<OpenPullRequest | null> | null = null;
  const find = async () => {
    const api = await openProposals(group.repository);
    return api.findOpen({ head: headOf(group), into: group.branch }, signal);
  };
  return () => (found ??= find());
}

/** Of all images of the group: the commit before may have been of others. */
async function recordedMessages(looking: RevertedContext, signal: AbortSignal): Promise<readonly string[]> {
  if (looking.branch.headTip === null) return [];
  const recorded = looking.group.images.filter(({ policy }) => looking.branch.recordTips.has(recordRef(policy.name)));
  const chains = await Promise.all(recorded.map(({ policy }) => readChain(policy.name, looking, signal)));
  return chains.flat().map(({ message }) => message);
}

function isSameAs(wanted: ReadonlyMap<string, string>): (message: string) => boolean {
  return (message) => {
    const written = versionsOf(message);
    return written.size === wanted.size && [...wanted].every(([image, to]) => written.get(image) === to);
  };
}

function recordOf({ policy: { name: image }, from, to }: ImageChange, { group, branch }: RevertedContext): ProposalRef {
  const ref = recordRef(image);
  return {
    ref,
    tip: branch.recordTips.get(ref) ?? null,
    message: (revision, pullRequest) =>
      proposalMessage({ image, from, to, branch: group.branch, pullRequest }, revision),
  };
}

/** What people read on the pull request. It depends on the proposal alone, so that it is written once. */
export function pullRequestText(changes: readonly ImageChange[]): { readonly title: string; readonly body: string } {
  const [title = ''] = commitMessage(changes).split('\n');
  const body = [
    'Headgate keeps this pull request up to date with the versions that the policies want. Merge it to deploy them. If you close it, these versions are not proposed again.',
    ...changes.map((change) => describe(change)),
  ];
  return { title, body: `${body.join('\n\n')}\n` };
}

function describe({ policy, from, to, digest, files }: ImageChange): string {
  const page = pageOf(policy.image);
  return [
    `- ${code(formatImage(policy.image))}: ${from.map((version) => code(version)).join(', ')} → ${code(to)}`,
    `  - policy: ${code(formatPolicy(policy.policy))}`,
    `  - digest: ${code(digest)}`,
    `  - files: ${files.map((file) => code(file)).join(', ')}`,
    ...(page === null ? [] : [`  - versions: ${page}`]),
  ].join('\n');
}

/** Of registries whose pages have known addresses. The parts of a name have no characters that a URL escapes. */
function pageOf({ registry, repository }: ImagePolicy['image']): string | null {
  switch (registry) {
    case 'docker.io':
      return repository.startsWith('library/')
        ? `https://hub.docker.com/_/${repository.slice('library/'.length)}/tags`
        : `https://hub.docker.com/r/${repository}/tags`;
    case 'ghcr.io':
      return `https://ghcr.io/${repository}`;
    case 'quay.io':
      return `https://quay.io/repository/${repository}?tab=tags`;
    default:
      return null;
  }
}
