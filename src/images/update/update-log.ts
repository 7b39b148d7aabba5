import type { WriteResult } from '../branch-writer.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import type { ImageWritten } from '../../deploy/ports/run-event.ts';
import type { Proposed } from '../../proposals/propose.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Usage } from '../../deploy/ports/usage.ts';
import type { Wanted } from './choose-versions.ts';
import type { ImageChange } from './commit-message.ts';
import type { UpdatePorts } from './ports.ts';
import { READ_COMMITS } from './reverted.ts';
import type { Reverted } from './reverted.ts';
import { headOf } from './write-group.ts';
import type { WriteGroup } from './write-group.ts';
import type { ImagePolicy } from '../../config/checked/config.ts';

/** An image without a wanted version. It waits for a tag, or for its registry. */
export function reportWanted(group: WriteGroup, wanted: ReadonlyMap<string, Wanted>, ports: UpdatePorts): void {
  const at = { repository: group.repository.name, branch: group.branch };
  for (const [image, want] of wanted) {
    if (want.kind === 'none')
      ports.log({ level: 'warn', message: 'image-not-found', image, ...at, reason: want.reason });
    if (want.kind === 'failed') reportFailed({ image, error: want.error }, group, ports);
  }
}

export function reportFailed(
  { image, error }: { readonly image: string; readonly error: DeployError },
  { repository, branch }: WriteGroup,
  { log }: UpdatePorts,
): void {
  const errors = [error.problem];
  log({ level: 'error', message: 'image-failed', image, repository: repository.name, branch, errors });
}

export function reportHeld(
  { policy, reverted }: { readonly policy: ImagePolicy; readonly reverted: Reverted },
  { repository, branch }: WriteGroup,
  { log }: UpdatePorts,
): void {
  const { version, write, references } = reverted;
  log({
    level: 'info',
    message: 'image-held',
    image: policy.name,
    repository: repository.name,
    branch,
    version,
    writtenBy: write.commit,
    files: [...new Set(references.map(({ path }) => path))],
    reason: whyHeld(version, write),
    remedy: `To write it again, run headgate images release ${policy.name}.`,
  });
}

function whyHeld(version: string, { pullRequest }: Reverted['write']): string {
  return pullRequest === null
    ? `${version} was written and reverted, so it is not written again`
    : `${version} was proposed by pull request ${pullRequest}, which was closed, or merged and reverted, so it is not proposed again`;
}

export async function reportProposed(
  { changes, proposed }: { readonly changes: readonly ImageChange[]; readonly proposed: OpenedProposal },
  group: WriteGroup,
  { ports: { log, report }, signal }: { readonly ports: UpdatePorts; readonly signal: AbortSignal },
): Promise<void> {
  const { branch } = group;
  const { revision, pullRequest } = proposed;
  const shown = shownChanges(changes);
  const at = { repository: group.repository.name, branch, revision, pullRequest: pullRequest.url };
  log({ level: 'info', message: 'image-proposed', ...at, changes: shown });
  await report({ kind: 'image', branch, revision, changes: shown, pullRequest: pullRequest.url }, group, signal);
}

type OpenedProposal = Extract<Proposed, { kind: 'proposed' }>;

export function reportLeftAlone(group: WriteGroup, revision: Revision, { log }: UpdatePorts): void {
  const head = headOf(group);
  const reason = `someone else pushed to ${head}, so it is left alone. Merge or close its pull request, and delete the branch, to have it updated again`;
  const at = { repository: group.repository.name, branch: group.branch, revision };
  log({ level: 'warn', message: 'proposal-left-alone', ...at, reason });
}

function shownChanges(changes: readonly ImageChange[]): ImageWritten['changes'] {
  return changes.map(({ policy, from, to }) => ({ image: policy.name, from, to }));
}

export async function reportWritten(
  {
    group,
    changes,
    written,
    usage,
  }: {
    readonly group: WriteGroup;
    readonly changes: readonly ImageChange[];
    readonly written: Extract<WriteResult, { kind: 'written' }>;
    readonly usage: { readonly read: Usage; readonly write: Usage };
  },
  { log, report }: UpdatePorts,
  signal: AbortSignal,
): Promise<void> {
  const { repository, branch } = group;
  const shown = shownChanges(changes);
  const requests = { git: usage.read.requests, push: usage.write.requests };
  const { revision, recordsRefused } = written;
  log({ level: 'info', message: 'image', repository: repository.name, branch, revision, changes: shown, requests });
  if (recordsRefused !== null) {
    const reason = `the Git host refuses refs/headgate/images (${recordsRefused}), so reverts are found in the last ${READ_COMMITS} commits of the branch only`;
    log({ level: 'warn', message: 'image-record-refused', repository: repository.name, branch, reason });
  }
  await report({ kind: 'image', branch, revision, changes: shown, pullRequest: null }, group, signal);
}
