import { Command, Option } from 'commander';
import type { CommanderError } from 'commander';
import { DeployError } from '../error/deploy-error.ts';
import type { Revision } from '../snapshot/source.ts';
import type { ExitCode, OutputFormat } from './terminal/context.ts';
import type { AddCommand, CommandDefinition } from './command-definition.ts';
import { findRemovedTarget } from './lookup/find-removed-target.ts';
import { findTarget } from './lookup/find-target.ts';
import { parseCount, parseInterval, parsePort, parseRevision } from './terminal/option-values.ts';
import type { CliProcess } from './terminal/cli-process.ts';
import { runCommand } from './run-command.ts';
import type { GlobalFlags } from './run-command.ts';
import { addSetupCommands } from './setup-commands.ts';

/** What the parsed command line has to do; null when it only asked for help or the version. */
export interface Chosen {
  readonly run: () => Promise<ExitCode>;
  readonly flags: GlobalFlags;
  readonly logsTo: 'stdout' | 'stderr';
}

/** Every command of Headgate. Bodies are loaded when they run, so that `--help` is quick. */
export function makeProgram(
  process: CliProcess,
  { version, choose }: { version: string; choose: (chosen: Chosen) => void },
): Command {
  const program = new Command('headgate');
  program
    .description('GitOps without a controller: a Git push becomes exactly the server-side applies that it changed.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print this')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: process.stdout.write, writeErr: process.stderr.write, outputError: () => undefined })
    .exitOverride(asUsageError('headgate'))
    .option('--config <file>', 'default $HEADGATE_CONFIG, then ./headgate.yml')
    .option('--data-dir <directory>', 'where serve keeps its queue', './.headgate')
    .addOption(new Option('--log-format <format>', 'default pretty on a terminal').choices(['pretty', 'json']))
    .option('--yes', 'do not ask')
    .addHelpText('after', example('headgate check', 'headgate deploy shop-prod'));
  const { add, answers } = commands(program, process, choose);
  addServe(add);
  addAnswering(answers);
  addUninstall(answers);
  addSetupCommands(answers);
  return program;
}

function commands(
  program: Command,
  process: CliProcess,
  choose: (chosen: Chosen) => void,
): { add: AddCommand; answers: AddCommand } {
  const define =
    (logsTo: Chosen['logsTo']): AddCommand =>
    <Flags extends object>({ usage, description, examples, options = [], body }: CommandDefinition<Flags>) => {
      const command = program
        .command(usage)
        .description(description)
        .addHelpText('after', example(...examples));
      command.helpOption('--help', 'print this').exitOverride(asUsageError(`headgate ${command.name()}`));
      for (const option of options) command.addOption(option);
      if (logsTo === 'stderr') {
        command.addOption(
          new Option('--output <format>', 'form of the answer').choices(['text', 'json']).default('text'),
        );
      }
      command.action(() => {
        const flags = program.opts<GlobalFlags>();
        const own = command.opts<Flags & { output?: OutputFormat }>();
        const args = command.args;
        const run = () =>
          runCommand(
            { flags, logsTo, output: own.output ?? 'text', body: (context) => body(context, own, args) },
            process,
          );
        choose({ run, flags, logsTo });
      });
    };
  return { add: define('stdout'), answers: define('stderr') };
}

function addServe(add: AddCommand): void {
  add<{ port: number; host: string; sweepInterval: number; driftInterval: number }>({
    usage: 'serve',
    description: 'receive webhooks, keep the durable queue, deploy and sweep, in one process',
    examples: ['headgate serve --port 8080 --sweep-interval 1m'],
    options: [
      new Option('--port <number>', '0 picks a free one').argParser(parsePort).default(8080),
      new Option('--host <address>', 'address to listen on').default('127.0.0.1'),
      new Option('--sweep-interval <duration>', 'pause between two looks at every branch')
        .argParser(parseInterval)
        .default(60_000, '1m'),
      new Option('--drift-interval <duration>', 'pause between two looks for drift')
        .argParser(parseInterval)
        .default(600_000, '10m'),
    ],
    async body(context, { port, host, sweepInterval, driftInterval }) {
      const { serveCommand } = await import('./commands/serve.ts');
      return serveCommand(context, {
        port,
        host,
        sweepIntervalMs: sweepInterval,
        driftIntervalMs: driftInterval,
      });
    },
  });
}

function addAnswering(add: AddCommand): void {
  add({
    usage: 'check',
    description: 'validate the configuration, the secrets, and the access to every repository and cluster',
    examples: ['headgate check', 'headgate check --output json'],
    async body(context) {
      const { checkCommand } = await import('./commands/check.ts');
      return checkCommand(context);
    },
  });
  add<{ revision?: Revision }>({
    usage: 'plan <target>',
    description: 'show what a deploy would do, by server-side dry run; nothing is written. Exit 2: there are changes',
    examples: ['headgate plan shop-prod', 'headgate plan shop-prod --revision "$(git rev-parse HEAD)"'],
    options: [new Option('--revision <sha>', 'a commit instead of the tip: 40 hex digits').argParser(parseRevision)],
    async body(context, { revision }, [name = '']) {
      const { planCommand } = await import('./commands/plan.ts');
      return planCommand(context, {
        target: await findTarget(context, name, revision ?? null),
        revision: revision ?? null,
      });
    },
  });
  add<{ pruneLimit?: number }>({
    usage: 'deploy <target>',
    description: 'deploy the tip now, under the same lease as the queue',
    examples: ['headgate deploy shop-prod', 'headgate deploy shop-prod --prune-limit 100'],
    options: [new Option('--prune-limit <number>', 'this once, instead of the target’s own').argParser(parseCount)],
    async body(context, { pruneLimit }, [name = '']) {
      const { deployCommand } = await import('./commands/deploy.ts');
      return deployCommand(context, {
        target: await findTarget(context, name),
        pruneLimit: pruneLimit ?? null,
      });
    },
  });
  add({
    usage: 'status [target]',
    description: 'per target: revision, verdict, readiness, drift, age; dead letters',
    examples: ['headgate status', 'headgate status shop-prod --output json'],
    async body(context, _flags, [name]) {
      const { statusCommand } = await import('./commands/status.ts');
      return statusCommand(context, { target: name === undefined ? null : await findTarget(context, name) });
    },
  });
  add({
    usage: 'sweep',
    description:
      'look once at every target and what it owns; deploy what is not at its tip and correct drift before returning',
    examples: ['headgate sweep'],
    async body(context) {
      const { sweepCommand } = await import('./commands/sweep.ts');
      return sweepCommand(context);
    },
  });
}

function addUninstall(add: AddCommand): void {
  add<{ keep?: true; cluster?: string; namespace?: string }>({
    usage: 'uninstall <target>',
    description: 'plan, ask, then delete what the target owns and forget it',
    examples: [
      'headgate uninstall shop-old',
      'headgate uninstall shop-old --keep --cluster lab --namespace shop   # no longer in headgate.yml',
    ],
    options: [
      new Option('--keep', 'delete nothing: take the marks off and forget the target'),
      new Option('--cluster <name>', 'with --namespace, of a target that is no longer in the file'),
      new Option('--namespace <name>', 'where its state lives'),
    ],
    async body(context, { keep, cluster, namespace }, [name = '']) {
      const { uninstallCommand } = await import('./commands/uninstall.ts');
      const target = await findRemovedTarget(context, { name, cluster, namespace });
      return uninstallCommand(context, { target, isKept: keep === true });
    },
  });
}

function example(...lines: readonly string[]): string {
  return `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Commander's own words about a wrong command line, with the place and the remedy beside them. */
function asUsageError(command: string): (error: CommanderError) => never {
  return (error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    const [message = '', hint = ''] = error.message.replace(/^error: /, '').split('\n');
    const help = `See ${command} --help.`;
    const remedy = hint === '' ? help : `${hint.replace(/^\((.*)\)$/, '$1')} ${help}`;
    throw new DeployError('usage', { subject: command, message, remedy, cause: error });
  };
}
