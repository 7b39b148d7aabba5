import type { Config } from '../../config/checked/config.ts';
import type { Ask } from './ask.ts';
import type { AskSecret } from './ask-secret.ts';
import type { Paint } from './paint.ts';
import type { Log } from '../../deploy/ports/log.ts';

export type OutputFormat = 'text' | 'json';

/** 0: success. 1: failure. 2: `plan` found changes. A usage error is thrown as `usage` and exits with 64. */
export type ExitCode = 0 | 1 | 2;

/** What a command gets: the checked configuration, its options, and where to write. */
export interface Context extends BareContext {
  readonly config: Config;
}

/** What a command gets that needs no headgate.yml. */
export interface BareContext {
  readonly cwd: string;
  /** headgate.yml as the user named it, for messages. */
  readonly configPath: string;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute. It may not exist yet. */
  readonly dataDir: string;
  readonly output: OutputFormat;
  /** `--yes`: skip the prompts. */
  readonly isConfirmed: boolean;
  /** Null without a terminal. */
  readonly ask: Ask | null;
  readonly askSecret: AskSecret;
  readonly log: Log;
  /** Writes the answer, or part of it, to stdout, followed by a newline. */
  readonly print: (text: string) => void;
  /** Colors what is printed on stdout. */
  readonly paint: Paint;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
}
