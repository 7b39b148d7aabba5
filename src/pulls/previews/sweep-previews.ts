import type { Preview, Repository } from '../../config/checked/config.ts';
import { previewTarget } from '../../config/templates/preview-target.ts';
import type { PreviewRequest } from '../../deploy/ports/githost/plan-request.ts';
import type { PreviewNamespace } from '../../deploy/ports/previews/preview-namespaces.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { PullRequest } from '../../githost/port/pull-requests.ts';
import type { PreviewContext } from './context.ts';
import { isDue } from './judge.ts';
import { lookAtPreview } from './look.ts';
import { previewRequest } from './preview-runtime.ts';

/** Open pull requests into a branch that are looked at, newest first. */
const LOOKED_AT = 100;

/** Finds what lost deliveries left, and what has expired, and requests a run of each. An entry that fails is logged. */
export async function sweepPreviews(context: PreviewContext, signal: AbortSignal): Promise<readonly PreviewRequest[]> {
  const { config, log } = context.runtime;
  const found: PreviewRequest[] = [];
  for (const preview of config.previews) {
    const { repository } = preview.settings;
    try {
      found.push(...(await sweepPreview(preview, context, signal)));
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const errors = [asDeployError(thrown).problem];
      log({ level: 'error', message: 'sweep-failed', repository: repository.name, preview: preview.name, errors });
    }
  }
  // Two previews of one pull request are one run.
  const requests = [...new Map(found.map((request) => [request.target, request])).values()];
  await context.queue.send(requests, 0, signal);
  return requests;
}

async function sweepPreview(
  preview: Preview,
  context: PreviewContext,
  signal: AbortSignal,
): Promise<readonly PreviewRequest[]> {
  const { repository, branch } = preview.settings;
  const api = await context.openPullRequests(repository);
  const { pullRequests } = await api.listOpen(branch, LOOKED_AT, signal);
  const open = new Map(pullRequests.map((each) => [each.number, each]));
  const live = await liveOf(preview, context, signal);
  const requests: PreviewRequest[] = [];
  for (const number of new Set([...open.keys(), ...live.keys()])) {
    const namespace = live.get(number) ?? null;
    const facts = { pullRequest: open.get(number) ?? null, namespace, others: live.size - Number(namespace !== null) };
    if (!(await isDuePreview({ preview, number, ...facts }, context, signal))) continue;
    const head = { number, branch: '', sha: '' };
    const trigger = { kind: 'sweep' } as const;
    requests.push(previewRequest({ preview, head }, { trigger, nowMs: context.runtime.nowMs(), resumes: false }));
  }
  return requests;
}

/** By the number of the pull request. What an entry left that is no longer in headgate.yml is only named. */
async function liveOf(
  preview: Preview,
  { runtime: { config, log }, openNamespaces }: PreviewContext,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, PreviewNamespace>> {
  const namespaces = await openNamespaces(previewTarget(preview, { number: 0, branch: '', sha: '' }));
  const { repository } = preview.settings;
  const all = (await namespaces.list(signal)).filter(
    ({ record, isTerminating }) => record.repository === repository.url && !isTerminating,
  );
  const left = all.filter(({ record }) => isLeft(record.preview, repository, config.previews));
  if (left.length > 0) {
    const reason = 'their entry of previews is no longer in headgate.yml';
    log({ level: 'warn', message: 'previews-left', namespaces: left.map(({ name }) => name), reason });
  }
  const own = all.filter(
    ({ name, record }) =>
      record.preview === preview.name && name === `${preview.prefixes.namespace}${record.pullRequest}`,
  );
  return new Map(own.map((each) => [each.record.pullRequest, each]));
}

function isLeft(name: string, repository: Pick<Repository, 'name'>, previews: readonly Preview[]): boolean {
  return !previews.some((each) => each.name === name && each.settings.repository.name === repository.name);
}

interface Swept {
  readonly preview: Preview;
  readonly number: number;
  readonly pullRequest: PullRequest | null;
  readonly namespace: PreviewNamespace | null;
  readonly others: number;
}

async function isDuePreview(
  { preview, number, pullRequest, namespace, others }: Swept,
  { runtime }: PreviewContext,
  signal: AbortSignal,
): Promise<boolean> {
  const live = namespace?.record ?? null;
  const facts = { pullRequest, live, others, nowMs: runtime.nowMs() };
  if (isDue(preview, { ...facts, isSettled: true })) return true;
  if (live === null || pullRequest === null) return false;
  const { branch, revision } = pullRequest.head;
  const target = previewTarget(preview, { number, branch, sha: revision });
  const { isSettled } = await lookAtPreview({ target, revision }, runtime, signal);
  return isDue(preview, { ...facts, isSettled });
}
