import { createInterface } from 'node:readline/promises';

/** Prompts on the terminal. The prompt goes to stderr, because stdout carries the command's answer. */
export type Ask = (question: string) => Promise<string>;

/** Null when stdin or stderr is not a terminal. */
export function askAtTerminal(
  { stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): Ask | null {
  if (!stdin.isTTY || !stderr.isTTY) return null;
  return async (question) => {
    const lines = createInterface({ input: stdin, output: stderr });
    try {
      return await lines.question(question, { signal });
    } finally {
      lines.close();
    }
  };
}
