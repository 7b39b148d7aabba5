import { beginningOf } from '../../error/cut-text.ts';
import type { Target } from '../../config/checked/config.ts';
import { mayResolveTo } from '../../config/written/placeholders.ts';
import type { CommentCommand } from '../../deploy/ports/cluster.ts';
import type { PlanOfOne } from '../../deploy/ports/githost/plan-request.ts';
import { endHold, keptNow, setHold } from '../../deploy/hold/change-hold.ts';
import { heldText } from '../../deploy/report/channels/texts.ts';
import { reporterOf } from '../../deploy/requests/make-world.ts';
import { code } from '../../deploy/show/markdown-text.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { listGeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import { recipientOf } from '../../deploy/targets/recipient.ts';
import type { GivenCommand } from './commands.ts';
import type { PullRequestContext, PlanContext } from './context.ts';

export interface Steering {
  readonly open: PullRequestContext;
  readonly requests: readonly PlanOfOne[];
  readonly context: Pick<PlanContext, 'runtime'>;
}

/** Holds and releases the targets that these commands name, if their authors may, and returns all with what became of them. */
export async function steerTargets(
  commands: readonly GivenCommand[],
  steering: Steering,
  signal: AbortSignal,
): Promise<readonly GivenCommand[]> {
  const steered: GivenCommand[] = [];
  // In order: a release may end the hold of a comment before it.
  for (const given of commands) steered.push(await steerOne(given, steering, signal));
  return steered;
}

async function steerOne(given: GivenCommand, steering: Steering, signal: AbortSignal): Promise<GivenCommand> {
  const { command, refusal } = given;
  if (refusal !== null || (command.kind !== 'hold' && command.kind !== 'release')) return given;
  const target = await findTarget(command.target, steering, signal);
  const { into } = steering.open.pullRequest;
  if (target === null)
    return {
      ...given,
      refusal: `${code(beginningOf(command.target, 100))} is not a target that follows ${code(into)}.`,
    };
  const at = steering.requests.find(({ comment }) => comment === given.commentId)?.at ?? '';
  const by = given.by.name;
  const comment = { repository: steering.open.repository.url, id: given.commentId };
  const change = { target, at, by, command: comment, steering };
  const done = command.kind === 'hold' ? await hold(command.reason, change, signal) : await release(change, signal);
  return { ...given, done };
}

/** Of the branch that the pull request is for: other branches have other reviewers. */
async function findTarget(
  name: string,
  { open: { repository, pullRequest }, context: { runtime } }: Steering,
  signal: AbortSignal,
): Promise<Target | null> {
  const { config } = runtime;
  const isOwn = (target: Pick<Target, 'repository' | 'branch'>) =>
    target.repository.name === repository.name && target.branch === pullRequest.into;
  const found = config.targets.find((target) => target.name === name);
  if (found !== undefined) return isOwn(found) ? found : null;
  const templates = config.templates.filter(
    (template) => isOwn(template.settings) && mayResolveTo(template.name, name),
  );
  if (templates.length === 0) return null;
  const { targets, problems } = await listGeneratedTargets(templates, runtime, signal);
  const [problem] = problems;
  const generated = targets.find((target) => target.name === name);
  if (generated === undefined && problem !== undefined) throw new DeployError(problem.code, problem);
  return generated ?? null;
}

interface Change {
  readonly target: Target;
  /** When the comment arrived. */
  readonly at: string;
  readonly by: string;
  /** Deliveries and messages may be repeated. */
  readonly command: CommentCommand;
  readonly steering: Steering;
}

async function hold(reason: string, change: Change, signal: AbortSignal): Promise<string> {
  const { target, at, by, steering } = change;
  const { hold: set } = await setHold(
    (state) => ({ ...keptNow(state, steering.context.runtime.nowMs()), by, reason, since: at, until: null }),
    await portsOf(change),
    signal,
  );
  return `${code(target.name)} is ${code(set === null ? 'not held' : heldText(set))}.`;
}

async function release(change: Change, signal: AbortSignal): Promise<string> {
  const { target, at, by, steering } = change;
  const { open, context } = steering;
  const { ended, left } = await endHold(by, await portsOf(change), signal);
  // Also when this is repeated: the process may have died before it requested the run.
  if (!target.suspend)
    await context.runtime.requests.send([{ ...recipientOf(target), trigger: open.trigger, hint: null, at }], signal);
  if (left !== null) return `${code(target.name)} is ${code(heldText(left))}.`;
  return ended === null ? `${code(target.name)} is not held.` : `${code(target.name)} is released.`;
}

async function portsOf({ target, at, command, steering: { open, context } }: Change) {
  const { runtime } = context;
  const ports = await runtime.open(target, null);
  const { report } = reporterOf(ports, { request: { target, trigger: open.trigger, at }, runtime });
  return { cluster: ports.cluster, report, command };
}
