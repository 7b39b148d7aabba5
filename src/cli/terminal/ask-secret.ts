import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** Reads a secret: a line that is typed without echo, or all of stdin when it is not a terminal. */
export type AskSecret = (prompt: string) => Promise<string>;

export function askSecretAt(
  { stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): AskSecret {
  return async (prompt) => {
    if (!stdin.isTTY) return text(stdin);
    // The line editor echoes what is typed to its output.
    const output = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: stdin, output, terminal: true });
    // Only now: until the line editor has taken over, the terminal itself echoes.
    stderr.write(prompt);
    try {
      return await lines.question('', { signal });
    } finally {
      lines.close();
      stderr.write('\n');
    }
  };
}
