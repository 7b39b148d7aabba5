import type { Command, Option } from 'commander';

/** The man page of the command line (man-pages(7)), from its definition. Without a date, so that builds are reproducible. */
export function manPage(program: Command): string {
  const help = program.createHelp();
  const commands = help.visibleCommands(program).filter((command) => command.name() !== 'help');
  return [
    `.TH HEADGATE 1 "" "headgate ${program.version() ?? ''}" "Headgate"`,
    '.SH NAME',
    `headgate \\- ${roff('GitOps by functions that run only when something is pushed')}`,
    '.SH SYNOPSIS',
    '.B headgate',
    roff('[options] command [arguments]'),
    '.SH DESCRIPTION',
    roff(program.description()),
    '.SH OPTIONS',
    ...program.options.flatMap(optionLines),
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH EXIT STATUS',
    ...EXITS.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning)]),
    '.SH FILES',
    '.TP',
    '.B headgate.yml',
    roff('Clusters, repositories and targets. headgate explain shows its keys.'),
    '',
  ].join('\n');
}

const EXITS = [
  ['0', 'Success; for plan, nothing would change.'],
  ['1', 'Failure; the reason is on stderr.'],
  ['2', 'plan found changes.'],
  ['64', 'The command line is not valid.'],
] as const;

function commandLines(command: Command): readonly string[] {
  const args = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [
    '.SS',
    roff(['headgate', command.name(), ...args].join(' ')),
    roff(command.description()),
    ...command.options.flatMap(optionLines),
  ];
}

function optionLines({ flags, description }: Option): readonly string[] {
  return ['.TP', `.B ${roff(flags)}`, roff(description)];
}

/** A line that begins with a period or an apostrophe would be a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}
