import { CommanderError } from 'commander';
import { asDeployError } from '../error/deploy-error.ts';
import type { CliProcess } from './terminal/cli-process.ts';
import { makeProgram } from './program.ts';
import type { SelectedCommand } from './program.ts';
import { reportProblems } from './terminal/report-problems.ts';
import { errorFormat } from './run-command.ts';

const USAGE = 64;

/** Runs one command line and returns its exit code: 0 success, 1 failure, 2 a plan with changes, 64 usage error. */
export async function runCommandLine(process: CliProcess, version: string): Promise<number> {
  let selected: SelectedCommand | null = null;
  try {
    await makeProgram(process, {
      version,
      select: (command) => {
        selected = command;
      },
    }).parseAsync([...process.args], { from: 'user' });
    return await runSelected(selected);
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE;
    return fail(thrown, selected, process);
  }
}

async function runSelected(selected: SelectedCommand | null): Promise<number> {
  return selected === null ? USAGE : selected.run();
}

function fail(thrown: unknown, selected: SelectedCommand | null, process: CliProcess): number {
  const error = asDeployError(thrown);
  // A command line that cannot be parsed selects nothing: only its raw arguments show the requested format.
  const isJson = process.args.some(
    (arg, index) => arg === '--log-format=json' || (arg === 'json' && process.args[index - 1] === '--log-format'),
  );
  const format =
    selected === null ? (isJson ? 'json' : 'pretty') : errorFormat(selected.flags, selected.logsTo, process);
  reportProblems([error.problem], { process, format });
  if (error.code === 'internal' && error.cause instanceof Error && format === 'pretty') {
    process.stderr.write(`${error.cause.stack ?? ''}\n`);
  }
  return error.code === 'usage' ? USAGE : 1;
}
