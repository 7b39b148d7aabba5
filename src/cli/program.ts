import { Command, Option } from 'commander';
import type { CommanderError } from 'commander';
import { DeployError } from '../error/deploy-error.ts';
import type { ExitCode } from './terminal/context.ts';
import type { AddCommand, CommandDefinition } from './command-definition.ts';
import { addDeployCommands } from './deploy-commands.ts';
import type { CliProcess } from './terminal/cli-process.ts';
import { addImageCommands } from './image-commands.ts';
import { openContext, runCommand } from './run-command.ts';
import type { GlobalFlags } from './run-command.ts';
import { addNotifyCommands } from './notify-commands.ts';
import { addPromoteCommands } from './promote-commands.ts';
import { addReferenceCommands } from './reference-commands.ts';
import { addServeCommands } from './serve-commands.ts';
import { addSteerCommands } from './steer-commands.ts';
import { addSetupCommands } from './setup-commands.ts';

/** The command that the command line selects. */
export interface SelectedCommand {
  readonly run: () => Promise<ExitCode>;
  readonly flags: GlobalFlags;
  readonly logsTo: 'stdout' | 'stderr';
}

interface ProgramOptions {
  readonly version: string;
  /** Not called when only help or the version is printed. */
  readonly select: (selected: SelectedCommand) => void;
}

/** Defines the command line of Headgate. Each body is imported when it runs, so that `--help` is quick. */
export function makeProgram(process: CliProcess, { version, select }: ProgramOptions): Command {
  const program = new Command('headgate');
  program
    .description('GitOps without a controller: a Git push applies exactly what it changed.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: process.stdout.write, writeErr: process.stderr.write, outputError: () => undefined })
    .exitOverride(asUsageError('headgate'))
    .option('--config <file>', 'configuration file (default: $HEADGATE_CONFIG, then ./headgate.yml)')
    .option('--data-dir <directory>', 'directory where serve keeps its queue', './.headgate')
    .addOption(
      new Option('--log-format <format>', 'log format (default: pretty on a terminal, json elsewhere)').choices([
        'pretty',
        'json',
      ]),
    )
    .option('--yes', 'skip confirmation prompts')
    .addHelpText('after', exampleText('headgate check', 'headgate deploy shop-prod'));
  const add = adderTo(program, process, select);
  addServeCommands(add);
  addDeployCommands(add);
  addSteerCommands(add);
  addImageCommands(add);
  addPromoteCommands(add);
  addNotifyCommands(add);
  addSetupCommands(add);
  addReferenceCommands(add, program);
  return program;
}

function adderTo(program: Command, process: CliProcess, select: ProgramOptions['select']): AddCommand {
  return <Flags extends object>(definition: CommandDefinition<Flags>) => {
    const {
      usage,
      summary,
      description,
      examples,
      options = [],
      logsTo = 'stderr',
      moreOutputs = [],
      isHidden = false,
    } = definition;
    const command = program
      .command(usage, { hidden: isHidden })
      .summary(summary)
      .description(description)
      .addHelpText('after', exampleText(...examples));
    command.helpOption('--help', 'show this help').exitOverride(asUsageError(`headgate ${command.name()}`));
    for (const option of options) command.addOption(option);
    if (logsTo === 'stderr') {
      command.addOption(
        new Option('--output <format>', 'output format').choices(['text', 'json', ...moreOutputs]).default('text'),
      );
    }
    command.action(() => {
      const flags = program.opts<GlobalFlags>();
      const own = command.opts<Flags & { output?: string }>();
      const args = command.args;
      const invocation = { flags, logsTo, output: own.output === 'json' ? 'json' : 'text' } as const;
      const run = () =>
        'body' in definition
          ? runCommand(invocation, process, (context) => definition.body(context, own, args))
          : definition.bareBody(openContext(invocation, process), own, args);
      select({ run, flags, logsTo });
    });
  };
}

function exampleText(...lines: readonly string[]): string {
  return `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Commander's message about a wrong command line, with the command as its subject and a remedy. */
function asUsageError(command: string): (error: CommanderError) => never {
  return (error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    const [message = '', hint = ''] = error.message.replace(/^error: /, '').split('\n');
    const help = `See ${command} --help.`;
    const remedy = hint === '' ? help : `${hint.replace(/^\((.*)\)$/, '$1')} ${help}`;
    throw new DeployError('usage', { subject: command, message, remedy, cause: error });
  };
}
