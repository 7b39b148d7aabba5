import type { Config } from '../../config/checked/config.ts';
import type { Ask } from './ask.ts';
import type { Paint } from './paint.ts';
import type { Log } from '../../deploy/ports/log.ts';

export type OutputFormat = 'text' | 'json';

/** 0 well, 1 not, 2 only for `plan`: there are changes. Wrong usage (64) is thrown as `usage`. */
export type ExitCode = 0 | 1 | 2;

/** What a command is given: the checked configuration, and ways out. */
export interface Context {
  readonly config: Config;
  /** headgate.yml as the user named it: for messages. */
  readonly configPath: string;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute. It may not exist yet. */
  readonly dataDir: string;
  readonly output: OutputFormat;
  /** `--yes`: nothing is asked. */
  readonly isConfirmed: boolean;
  /** Null without a terminal. */
  readonly ask: Ask | null;
  readonly log: Log;
  /** Puts the answer, or a part of it, on stdout; a newline is added. */
  readonly print: (text: string) => void;
  /** For what is printed on stdout. */
  readonly paint: Paint;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
}
