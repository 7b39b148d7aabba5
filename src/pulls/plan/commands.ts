import { beginningOf } from '../../error/cut-text.ts';
import type { PlanOfOne } from '../../deploy/ports/githost/plan-request.ts';
import { code } from '../../deploy/show/markdown-text.ts';
import type { Account } from '../../githost/port/pull-requests.ts';
import { refuseApprover, refuseUnlisted } from '../comment/approver.ts';
import { readCommand } from '../comment/command.ts';
import type { Command } from '../comment/command.ts';
import { HELP } from '../comment/plan-comment.ts';
import type { PullRequestContext } from './context.ts';

/** A command that was found in a comment, and whether its author may give it. */
export interface GivenCommand {
  readonly commentId: string;
  readonly by: Account;
  readonly command: Command;
  /** Null: it is carried out. */
  readonly refusal: string | null;
  /** What it did, if people cannot see that elsewhere. */
  readonly done?: string;
}

/**
 * Reads the comments again, by their ids: what was delivered is only a hint. An edited one is ignored, because it may
 * differ from what others saw.
 */
export async function readCommands(
  requests: readonly PlanOfOne[],
  open: PullRequestContext,
  signal: AbortSignal,
): Promise<readonly GivenCommand[]> {
  const { api, pullRequest } = open;
  const ids = [...new Set(requests.flatMap(({ comment }) => (comment === null ? [] : [comment])))];
  const found = await Promise.all(
    ids.map(async (commentId): Promise<readonly GivenCommand[]> => {
      const comment = await api.comment({ pullRequest: pullRequest.number, commentId }, signal);
      const command = comment === null || comment.isEdited ? null : readCommand(comment.body);
      if (comment === null || command === null) return [];
      const by = comment.author;
      return [{ commentId, by, command, refusal: await refusalOf(command, by, { open, signal }) }];
    }),
  );
  return found.flat();
}

async function refusalOf(
  command: Command,
  by: Account,
  {
    open: { api, repository, pullRequest },
    signal,
  }: { readonly open: PullRequestContext; readonly signal: AbortSignal },
): Promise<string | null> {
  if (command.kind === 'help') return null;
  if (command.kind === 'unknown') return `${code(beginningOf(command.text, 100))} is not a command. ${HELP}`;
  const mayWrite = await api.mayWrite(by, signal);
  if (command.kind === 'approve') {
    if (pullRequest.state !== 'merged') return NOT_YET;
    const contributors = await api.contributors(pullRequest.number, signal);
    const { approvers } = repository.pullRequests;
    return refuseApprover({ by, author: pullRequest.author, contributors, mayWrite, approvers });
  }
  if (command.kind === 'hold' || command.kind === 'release') {
    const { approvers } = repository.pullRequests;
    return refuseUnlisted({ by, mayWrite, approvers }, 'hold and release targets');
  }
  if (mayWrite === true) return null;
  const may = `${code(`/headgate ${command.kind}`)} is for accounts that may write to ${code(repository.fullName)}`;
  if (mayWrite === false) return `${may}, and ${code(by.name)} may not.`;
  return `${may}. Headgate's credentials cannot check whether ${code(by.name)} may.`;
}

const NOT_YET = `The merge deploys the plan that is shown. ${code('/headgate approve HASH')} is only for a merge whose plan has changed: its commit status has the hash.`;

export function asksForPlan({ command, refusal }: GivenCommand): boolean {
  return command.kind === 'plan' && refusal === null;
}

export function isSteering({ command }: GivenCommand): boolean {
  return command.kind === 'hold' || command.kind === 'release';
}

/** The target that a command names. */
export function targetOf(given: GivenCommand): string | null {
  return asksForPlan(given) && given.command.kind === 'plan' ? given.command.target : null;
}

/** What is written at the top of the comment; null: nothing but the plan was requested. */
export function answerTo(commands: readonly GivenCommand[]): string | null {
  const notes = commands.flatMap(({ command, refusal, done }) => {
    if (refusal !== null) return [refusal];
    if (done !== undefined) return [done];
    return command.kind === 'help' ? [HELP] : [];
  });
  return notes.at(-1) ?? null;
}

export async function reactTo(
  commands: readonly GivenCommand[],
  { api, pullRequest }: PullRequestContext,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    commands.map(({ commentId, refusal }) => {
      const at = { pullRequest: pullRequest.number, commentId };
      return api.react(at, refusal === null ? 'done' : 'refused', signal);
    }),
  );
}
