import { CommanderError } from 'commander';
import { asDeployError } from '../error/deploy-error.ts';
import type { CliProcess } from './terminal/cli-process.ts';
import { makeProgram } from './program.ts';
import type { Chosen } from './program.ts';
import { reportProblems } from './terminal/report-problems.ts';
import { errorFormat } from './run-command.ts';

const USAGE = 64;

/** Runs one command line and answers its exit code: 0 well, 1 not, 2 a plan with changes, 64 wrong usage. */
export async function runCommandLine(process: CliProcess, version: string): Promise<number> {
  let chosen: Chosen | null = null;
  try {
    await makeProgram(process, {
      version,
      choose: (command) => {
        chosen = command;
      },
    }).parseAsync([...process.args], { from: 'user' });
    return await runChosen(chosen);
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE;
    return fail(thrown, chosen, process);
  }
}

async function runChosen(chosen: Chosen | null): Promise<number> {
  return chosen === null ? USAGE : chosen.run();
}

function fail(thrown: unknown, chosen: Chosen | null, process: CliProcess): number {
  const error = asDeployError(thrown);
  // Nothing was chosen when the command line itself is wrong: then only its text says what it wanted.
  const isJson = process.args.some(
    (arg, index) => arg === '--log-format=json' || (arg === 'json' && process.args[index - 1] === '--log-format'),
  );
  const format = chosen === null ? (isJson ? 'json' : 'pretty') : errorFormat(chosen.flags, chosen.logsTo, process);
  reportProblems([error.problem], { process, format });
  if (error.code === 'internal' && error.cause instanceof Error && format === 'pretty') {
    process.stderr.write(`${error.cause.stack ?? ''}\n`);
  }
  return error.code === 'usage' ? USAGE : 1;
}
