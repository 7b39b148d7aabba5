import { Option } from 'commander';
import type { Command } from 'commander';
import { DeployError } from '../error/deploy-error.ts';
import type { AddCommand } from './command-definition.ts';

/** The commands that show how to write headgate.yml and how to use the command line. */
export function addReferenceCommands(add: AddCommand, program: Command): void {
  add<{ jsonSchema?: true }>({
    usage: 'explain [key]',
    summary: 'show what a key of headgate.yml means',
    description: 'Show the type, the default, the meaning and an example of a key of headgate.yml, or list the keys.',
    examples: ['headgate explain targets.prune.limit', 'headgate explain --json-schema > headgate.schema.json'],
    options: [new Option('--json-schema', 'print the JSON Schema of headgate.yml, for editors')],
    async bareBody(context, { jsonSchema }, [key = null]) {
      const { explainCommand } = await import('./commands/explain.ts');
      return explainCommand(context, { key, isSchema: jsonSchema === true });
    },
  });
  add({
    usage: 'completion <shell>',
    summary: 'print the completion script of a shell',
    description: 'Print a script that lets bash, zsh or fish complete commands, options, targets and keys.',
    examples: [
      'headgate completion bash >> ~/.bashrc',
      'headgate completion zsh > "${fpath[1]}/_headgate"',
      'headgate completion fish > ~/.config/fish/completions/headgate.fish',
    ],
    async bareBody({ print }, _flags, [shell = '']) {
      const { SCRIPTS, SHELLS, isShell } = await import('./completion/scripts.ts');
      if (!isShell(shell)) throw unknownShell(SHELLS);
      print(SCRIPTS[shell].trimEnd());
      return 0;
    },
  });
  add({
    usage: 'complete [words...]',
    summary: 'print what can complete a command line',
    description: 'Print the words that can complete a command line, for the scripts of headgate completion.',
    examples: ['headgate complete -- plan sh'],
    isHidden: true,
    async bareBody(context, _flags, words) {
      const { completeCommand } = await import('./completion/complete-command.ts');
      return completeCommand(context, program, words);
    },
  });
}

function unknownShell(shells: readonly string[]): DeployError {
  return new DeployError('usage', {
    subject: 'headgate completion',
    message: 'not a supported shell',
    remedy: `Use one of ${shells.join(', ')}.`,
  });
}
