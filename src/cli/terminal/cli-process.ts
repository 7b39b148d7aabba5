import type { Ask } from './ask.ts';

/** One way out of the process. */
export interface OutputStream {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
}

/** What the command line is given by its process. */
export interface CliProcess {
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Null without a terminal. */
  readonly ask: Ask | null;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
}
