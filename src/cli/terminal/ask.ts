import { createInterface } from 'node:readline/promises';

/** Puts a question to whoever sits at the terminal, beside what the command answers on stdout. */
export type Ask = (question: string) => Promise<string>;

/** Null when nobody sits there. */
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
