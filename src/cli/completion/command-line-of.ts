import type { Command, Option } from 'commander';
import type { CommandLine, OptionWord } from './complete.ts';

/** The words of the whole command line, from its definition. */
export function commandLineOf(program: Command): CommandLine {
  const visible = program.createHelp().visibleCommands(program);
  return {
    options: [...program.options.map(optionWord), { flag: '--help', takesValue: false, choices: null }],
    commands: visible.map((command) => ({
      name: command.name(),
      options: command.options.map(optionWord),
      args: command.registeredArguments.map((argument) => argument.name()),
    })),
  };
}

function optionWord({ long, required, optional, argChoices }: Option): OptionWord {
  return { flag: long ?? '', takesValue: required || optional, choices: argChoices ?? null };
}
