import type { Ask } from './ask.ts';
import type { AskSecret } from './ask-secret.ts';

/** Stdout or stderr. */
export interface OutputStream {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
}

/** The process that runs one command line: its arguments, environment, streams and clock. */
export interface CliProcess {
  /** Without the program's name. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Null without a terminal. */
  readonly ask: Ask | null;
  readonly askSecret: AskSecret;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
}
