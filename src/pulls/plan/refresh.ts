import { asDeployError } from '../../error/deploy-error.ts';
import { inParallel } from '../../exchange/pool.ts';
import { planGroupOf } from '../../deploy/ports/githost/plan-request.ts';
import type { Refresh } from '../../deploy/ports/githost/plan-request.ts';
import type { Repository } from '../../config/checked/config.ts';
import { code } from '../../deploy/show/markdown-text.ts';
import type { PullRequest } from '../../githost/port/pull-requests.ts';
import type { PullRequestContext, PlanContext } from './context.ts';
import { findOwnComment, publishNote } from './publish.ts';
import type { OwnComment } from './publish.ts';

/** How many pull requests are planned again without a command when a branch moves. */
const REFRESHED = 20;
/** How many pull requests are read. Plans of the others only name the commits that they were made for. */
const LOOKED_AT = 100;
const AT_ONCE = 4;

/** A branch moved under its pull requests: the newest that share a deployed target are planned again. */
export async function refreshPlans(
  requests: readonly Refresh[],
  context: PlanContext,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const { config } = context.runtime;
  const [newest] = requests.toReversed();
  const repository = newest === undefined ? undefined : config.repositories.get(newest.repository);
  if (newest === undefined || repository?.pullRequests.plan !== true) return [];
  const deployed = new Set(requests.flatMap((request) => request.deployed));
  const api = await context.openPullRequests(repository);
  const keys = await context.runtime.keys(signal);
  const planned: number[] = [];
  for (const into of branchesOf(repository, context)) {
    const { pullRequests } = await api.listOpen(into, LOOKED_AT, signal);
    const open = pullRequests.map((pullRequest): PullRequestContext => {
      return { repository, api, pullRequest, trigger: newest.trigger };
    });
    const shown = await inParallel(open, AT_ONCE, (each) => readShown(each, keys, { context, signal }));
    const sharing = shown.flat().filter(({ own }) => isShared(own, repository, deployed));
    const [first, rest] = [sharing.slice(0, REFRESHED), sharing.slice(REFRESHED)];
    await context.queue.send(
      first.map(({ each: { pullRequest } }) => requestFor(pullRequest, { repository, newest })),
      0,
      signal,
    );
    await inParallel(rest, AT_ONCE, (each) => markOutdated(each, { into, keys, signal }));
    planned.push(...first.map(({ each }) => each.pullRequest.number));
  }
  return planned;
}

interface ShownPullRequest {
  readonly each: PullRequestContext;
  readonly own: OwnComment | null;
}

/** Empty: its comments cannot be read, which anyone who comments can cause. The other pull requests do not wait for it. */
async function readShown(
  each: PullRequestContext,
  keys: readonly string[],
  { context, signal }: { readonly context: PlanContext; readonly signal: AbortSignal },
): Promise<readonly ShownPullRequest[]> {
  const { repository, pullRequest } = each;
  if (!repository.pullRequests.comment) return [{ each, own: null }];
  try {
    return [{ each, own: await findOwnComment(each, keys, signal) }];
  } catch (thrown) {
    signal.throwIfAborted();
    const at = { repository: repository.name, pullRequest: pullRequest.number };
    context.runtime.log({ level: 'error', message: 'not-refreshed', ...at, errors: [asDeployError(thrown).problem] });
    return [];
  }
}

/** Without comments it is not known what was planned. A pull request without one changes nothing, or is not planned yet. */
function isShared(own: OwnComment | null, { pullRequests }: Repository, deployed: ReadonlySet<string>): boolean {
  if (!pullRequests.comment) return true;
  return own !== null && own.facts.targets.some((target) => deployed.has(target));
}

function branchesOf({ name }: Repository, { runtime: { config } }: PlanContext): readonly string[] {
  const settings = [...config.targets, ...config.templates.map((template) => template.settings)];
  return [...new Set(settings.flatMap(({ repository, branch }) => (repository.name === name ? [branch] : [])))];
}

function requestFor(
  { number }: Pick<PullRequest, 'number'>,
  { repository, newest }: { readonly repository: Repository; readonly newest: Refresh },
) {
  const { trigger, at } = newest;
  const target = planGroupOf(repository.name, number);
  return {
    kind: 'plan',
    target,
    repository: repository.name,
    trigger,
    at,
    pullRequest: number,
    comment: null,
  } as const;
}

async function markOutdated(
  { each, own }: ShownPullRequest,
  { into, keys, signal }: { readonly into: string; readonly keys: readonly string[]; readonly signal: AbortSignal },
): Promise<void> {
  const note = `**Outdated:** ${code(into)} has moved since this was planned. Comment ${code('/headgate plan')} to plan again.`;
  await publishNote(note, { own, keys }, { open: each, signal });
}
