import type { Option } from 'commander';
import type { Context, ExitCode } from './terminal/context.ts';

type Body<Flags> = (context: Context, flags: Flags, args: readonly string[]) => Promise<ExitCode>;

/** One command as it is defined: what the help says, and what it does. */
export interface CommandDefinition<Flags> {
  readonly usage: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly options?: readonly Option[];
  readonly body: Body<Flags>;
}

export type AddCommand = <Flags extends object>(definition: CommandDefinition<Flags>) => void;
