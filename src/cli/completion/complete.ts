/** The part of the command line that completion needs. */
export interface CommandLine {
  readonly options: readonly OptionWord[];
  readonly commands: readonly CommandWord[];
}

export interface OptionWord {
  /** With its dashes. */
  readonly flag: string;
  readonly takesValue: boolean;
  /** The possible values; null: any. */
  readonly choices: readonly string[] | null;
}

export interface CommandWord {
  readonly name: string;
  readonly options: readonly OptionWord[];
  /** The names of its arguments, such as `target`. */
  readonly args: readonly string[];
}

/** What can be written for an argument, by its name. */
export type ArgumentValues = Readonly<Record<string, readonly string[]>>;

/** The words that can be at the end of a command line. `words` begins after the program; its last one is incomplete, or empty. */
export function complete(words: readonly string[], line: CommandLine, values: ArgumentValues): readonly string[] {
  // Bash has the = of --output=json as a word.
  const written = words.filter((word) => word !== '=');
  const last = written.at(-1) ?? '';
  const before = last === '=' ? written : written.slice(0, -1);
  return candidates(before, last, { line, values }).filter((word) => word.startsWith(last));
}

interface Known {
  readonly line: CommandLine;
  readonly values: ArgumentValues;
}

function candidates(before: readonly string[], last: string, { line, values }: Known): readonly string[] {
  const { command, args, awaiting } = read(before, line);
  if (awaiting !== null) return awaiting.choices ?? [];
  if (last.startsWith('-')) return [...(command?.options ?? []), ...line.options].map(({ flag }) => flag);
  if (command === null) return line.commands.map(({ name }) => name);
  return values[command.args[args] ?? ''] ?? [];
}

interface ReadLine {
  readonly command: CommandWord | null;
  /** How many arguments the command has. */
  readonly args: number;
  /** The option whose value comes next. */
  readonly awaiting: OptionWord | null;
}

function read(words: readonly string[], { options, commands }: CommandLine): ReadLine {
  let state: ReadLine = { command: null, args: 0, awaiting: null };
  for (const word of words) {
    const { command, args, awaiting } = state;
    if (awaiting !== null) state = { command, args, awaiting: null };
    else if (word.startsWith('-')) {
      const option = [...(command?.options ?? []), ...options].find(({ flag }) => flag === word);
      state = { command, args, awaiting: option?.takesValue === true ? option : null };
    } else if (command === null) state = { ...state, command: commands.find(({ name }) => name === word) ?? null };
    else state = { ...state, args: args + 1 };
  }
  return state;
}
