import type { Option } from 'commander';
import type { Context, ExitCode } from './terminal/context.ts';

type Body<Flags> = (context: Context, flags: Flags, args: readonly string[]) => Promise<ExitCode>;

/** One command: its help, its options and its body. */
export interface CommandDefinition<Flags> {
  readonly usage: string;
  /** Its line in the list of commands. */
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly options?: readonly Option[];
  /** `serve` logs to stdout. Every other command reserves stdout for its answer, and takes `--output`. */
  readonly logsTo?: 'stdout' | 'stderr';
  /** Beside `text` and `json`; the body reads them from its flag `output`. */
  readonly moreOutputs?: readonly string[];
  readonly body: Body<Flags>;
}

export type AddCommand = <Flags extends object>(definition: CommandDefinition<Flags>) => void;
