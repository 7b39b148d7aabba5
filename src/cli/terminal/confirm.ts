import { DeployError } from '../../error/deploy-error.ts';
import type { Context } from './context.ts';

type Prompt = Pick<Context, 'isConfirmed' | 'ask'>;

/** True when `--yes` or the answer at the prompt confirms the plan that was shown. @throws DeployError `usage` (exit 64) */
export async function confirm(
  { isConfirmed, ask }: Prompt,
  { command, question }: { readonly command: string; readonly question: string },
): Promise<boolean> {
  if (isConfirmed) return true;
  if (ask === null) throw noTerminal(command);
  const answer = await ask(`${question} [y/N] `);
  return /^y(?:es)?$/i.test(answer.trim());
}

/** For a command that works before it can prompt: fails at once if the prompt could not be answered. */
export function requireConfirmable({ isConfirmed, ask }: Prompt, command: string): void {
  if (!isConfirmed && ask === null) throw noTerminal(command);
}

function noTerminal(command: string): DeployError {
  return new DeployError('usage', {
    subject: command,
    message: 'cannot prompt for confirmation: there is no terminal',
    remedy: 'Pass --yes to skip the prompt.',
  });
}
