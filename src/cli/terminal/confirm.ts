import { DeployError } from '../../error/deploy-error.ts';
import type { Context } from './context.ts';

/**
 * True when the plan that was shown may be carried out: by `--yes`, or by who sits there.
 * @throws DeployError `usage` (exit 64) when there is neither.
 */
export async function confirm(
  { isConfirmed, ask }: Pick<Context, 'isConfirmed' | 'ask'>,
  { command, question }: { readonly command: string; readonly question: string },
): Promise<boolean> {
  if (isConfirmed) return true;
  if (ask === null) {
    throw new DeployError('usage', {
      subject: command,
      message: 'there is no terminal to ask whether this is meant',
      remedy: 'Add --yes when it is.',
    });
  }
  const answer = await ask(`${question} [y/N] `);
  return /^y(?:es)?$/i.test(answer.trim());
}
