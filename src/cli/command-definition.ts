import type { Option } from 'commander';
import type { BareContext, Context, ExitCode } from './terminal/context.ts';

type Body<Given, Flags> = (context: Given, flags: Flags, args: readonly string[]) => Promise<ExitCode>;

/** One command: its help, its options and its body. */
export type CommandDefinition<Flags> = CommandHelp & (ConfiguredCommand<Flags> | BareCommand<Flags>);

interface CommandHelp {
  readonly usage: string;
  /** Its line in the list of commands. */
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly options?: readonly Option[];
  /** `serve` logs to stdout. Every other command reserves stdout for its answer, and takes `--output`. */
  readonly logsTo?: 'stdout' | 'stderr';
  /** In addition to `text` and `json`; the body reads them from its flag `output`. */
  readonly moreOutputs?: readonly string[];
  /** Not for people: the list of commands does not show it. */
  readonly isHidden?: true;
}

interface ConfiguredCommand<Flags> {
  readonly body: Body<Context, Flags>;
}

/** Runs without headgate.yml. */
interface BareCommand<Flags> {
  readonly bareBody: Body<BareContext, Flags>;
}

export type AddCommand = <Flags extends object>(definition: CommandDefinition<Flags>) => void;
