import type { Command } from 'commander';
import { KEYS } from '../../config/reference/keys.ts';
import { complete } from './complete.ts';
import type { ArgumentValues } from './complete.ts';
import { commandLineOf } from './command-line-of.ts';
import { SHELLS } from './scripts.ts';
import { loadConfig } from '../lookup/load-config.ts';
import type { BareContext, ExitCode } from '../terminal/context.ts';

/** Prints the words that can complete a command line, one a line, for the scripts of `headgate completion`. */
export async function completeCommand(
  context: BareContext,
  program: Command,
  words: readonly string[],
): Promise<ExitCode> {
  const found = complete(words, commandLineOf(program), await argumentValues(context));
  if (found.length > 0) context.print(found.join('\n'));
  return 0;
}

/** With an incorrect headgate.yml, its names cannot be completed. */
async function argumentValues({ configPath, cwd, env }: BareContext): Promise<ArgumentValues> {
  const constant = { key: KEYS.map(({ key }) => key), shell: SHELLS, set: ['set'] };
  const loaded = await loadConfig({ path: configPath, cwd, env });
  if ('problems' in loaded) return constant;
  const { targets, repositories, clusters } = loaded.config;
  return {
    ...constant,
    target: targets.map(({ name }) => name),
    name: [...repositories.keys(), ...clusters.keys()],
  };
}
